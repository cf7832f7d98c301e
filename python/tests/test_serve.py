import signal
import threading
import time

from cllm4rec import _serve


def test_a_signal_that_another_thread_took_ends_the_wait_soon():
    stopping = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda number, frame: stopping.set())
    try:
        def take():
            time.sleep(0.2)  # until the main thread waits
            signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

        other = threading.Thread(target=take)
        other.start()
        began = time.monotonic()
        _serve.wait(stopping)
        other.join()
        assert time.monotonic() - began < 5
    finally:
        signal.signal(signal.SIGTERM, before)
