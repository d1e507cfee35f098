"""Serves a model through llama.cpp's own HTTP server, from the package `xllamacpp`; prints where, runs until killed.

Run in the environment of `tests/servers/requirements.txt`: `python tests/servers/llama_cpp.py FILE [SEED]`.
"""

import signal
import sys

import xllamacpp

SLOTS, CONTEXT = 2, 65_536


def main(path: str, seed: int) -> None:
    """Serve until the process is ended."""
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = ["tiny-random"]
    params.port = 0
    params.n_ctx = CONTEXT
    params.n_parallel = SLOTS
    params.n_predict = 4096
    params.sampling.seed = seed
    params.cpuparams.n_threads = 1
    params.n_threads_http = 4
    params.warmup = False
    params.embedding = False
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    signal.pause()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1)
