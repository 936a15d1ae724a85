"""A script that sleeps for each number of seconds it is given."""

import sys
import time

for seconds in sys.argv[1:]:
    time.sleep(float(seconds))
