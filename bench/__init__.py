"""Performance tables, measured side by side in one run: `make bench`, or `python -m bench --quick`.

acknowledgements   webhooks per second beside bare Flask routes on the same server
pipelines          both pipelines per second, with one worker and with two
peers              answered messages a second, beside the same pipeline on BullMQ and Redis
replies            from Chatwoot's webhook to our reply in Chatwoot
queueing           how soon a job starts, beside a stock Procrastinate worker

Everything runs on this machine: a Postgres of its own with fsync on, the product's processes and the stand-ins for
Chatwoot and the model. All of them share the processors, so rates are lower bounds and ratios say more than numbers.
What is compared runs in turns, round after round, because the speed of a machine changes from minute to minute.
"""
