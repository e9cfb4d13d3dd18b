"""The hands: the thread that polls and the threads that flows run in."""
