"""The incoming-message pipeline on BullMQ and Redis, as the project's first design has it, for the scenario `peers`.

web.mjs      takes Chatwoot's webhook and adds a job
worker.mjs   reads the broker's row, asks the model, posts the reply, writes the metrics
rest.mjs     the database over HTTP, as PostgREST would give it

Its packages and Redis are installed into a folder of the bench's own, never into the project.
"""
