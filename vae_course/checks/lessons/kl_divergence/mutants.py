"""Ten wrong versions of kl_normal, for the exercise in which the learner writes the test; they are in `around.harnesses`."""

WRONG = {
    "wrong 0": "swaps q and p",
    "wrong 1": "lacks the ½",
    "wrong 2": "subtracts 1 once instead of once per dimension",
    "wrong 3": "has the log ratio upside down",
    "wrong 4": "takes p to be N(0, I)",
    "wrong 5": "leaves out log pv",
    "wrong 6": "does not divide the distance by pv",
    "wrong 7": "takes variances for standard deviations",
    "wrong 8": "averages over the dimensions",
    "wrong 9": "sums the batch too",
}
