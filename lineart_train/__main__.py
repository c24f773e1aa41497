"""python -m lineart_train."""

from lineart_train.app import main

if __name__ == "__main__":
    main()
