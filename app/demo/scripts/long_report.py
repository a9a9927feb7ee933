"""A longer job that reports its progress."""

import time

for page in range(1, 11):
    print(f"page {page} of 10")
    time.sleep(0.3)
