"""Exercise 1.4, optional: in how many ways it may be written right."""

RIGHT = {
    "score_function_gradient": {
        "broadcast": lambda fz, z, m, v: (fz.unsqueeze(-1) * (z - m) / v).mean(0),
        "matmul": lambda fz, z, m, v: fz @ ((z - m) / v) / fz.shape[0],
    },
}
