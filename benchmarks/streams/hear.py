"""Hears the notifications of events as any client of the database can, and says when each came.

A line when it listens; after standard input has ended, one line of JSON: [[swarm_id, seq, when], …].
"""

import json
import sys
import threading
import time

import psycopg


def main() -> None:
    """Take the URL."""
    found: list[tuple[str, int, float]] = []
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    with psycopg.connect(sys.argv[1], autocommit=True) as conn:
        conn.execute("listen pgswarm_event")
        print("listening", flush=True)
        while not ended.is_set():
            for notification in conn.notifies(timeout=0.2):
                now = time.time()
                said = json.loads(notification.payload)
                found += [(said["swarm_id"], seq, now) for seq in range(said["from_seq"], said["to_seq"] + 1)]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
