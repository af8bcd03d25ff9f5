"""Stand-ins for the outside world: Chatwoot and the model, real HTTP on localhost, with faults on request.

They keep the contract of the real services and know nothing of the code that talks to them.
"""
