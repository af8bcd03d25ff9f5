"""Is everything as it must be, and if not, what mends it: `python -m nextnest doctor`.

findings       what a check says, and how checks are run: each before its own deadline, whatever became of the others
database       reachable, encrypted, which door, schema, workers, clock
rights         as whom we sign in, what our groups may, what stands open
chatwoot       token, inbox, webhook, clock; sets the webhook up when told to
model          key and models
sense          settings that make no sense together
command        the command line

It reads, and writes only with `--set-up-webhook`. No secret is ever printed.
"""
