"""What tools/bench is made of: run_bench.py puts it together."""
