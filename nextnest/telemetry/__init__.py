"""What a process tells machines about itself: figures for Prometheus, traces for OpenTelemetry.

watching    what the rest of the product says: a request begins, an attempt ends, a draft was judged
figures     the counters and histograms of this process
serving     a worker's own port for them; web has its route
spans       the traces, off and unloaded unless an endpoint is set

Labels and attributes are names of ours and ids. Nothing anybody wrote, no name, no key.
"""
