"""`vae-course grade --scheduler`: students are marked by the workers of a Dask cluster that is there already.

The head reads what was handed in, in its own confined reader, and ships what it says as bytes, trained models too; each worker process has a
sandbox of its own; the head alone writes. What is shipped holds the run's secrets: it travels by TLS, or does not leave this machine.

`head.py` is this machine, `worker.py` what its workers do.
"""
