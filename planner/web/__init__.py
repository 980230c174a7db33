"""The pages: parse what comes in, call one use-case, render what it gives."""
