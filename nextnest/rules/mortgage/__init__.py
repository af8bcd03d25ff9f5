"""Mortgage calculators: exact decimals on dated rules. tools.py is the catalogue of all.

Each takes inputs of its own (inputs.py) and the day it is asked on, and returns a frozen result: raw values, what may be
shown, the rules it rests on, what it took for granted, and what a person must confirm.
"""
