"""The budgets of the product, measured: `python -m tests.bench [names] [--quick]`.

Each figure is printed as a ratio to its limit, beside what a hand-written program does in the same run on the same
machine, because seconds alone say as much about the machine as about the product.
"""
