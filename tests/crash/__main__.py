import sys

from tests.crash.trading_run import main

if __name__ == "__main__":
    sys.exit(main())
