"""Every puzzle of the course. Here, so that no page gives an answer away; the answers that we know stand in the tests."""

from vae_course.checks.learning.puzzles import weak_tests
from vae_course.checks.learning.puzzles.kinds import BreakIt, Constraint, Puzzle
from vae_course.checks.learning.puzzles.rules import NoLoop, NoMoreThan, OneLine, Without

LIBRARY = ("distributions", "*loss")
"""Where torch has whole answers."""

PUZZLES: dict[str, Puzzle] = {
    "01.no-root": Constraint(
        exercise="sample_gaussian",
        rules=(
            Without(
                "without a square root or a power",
                ("sqrt", "rsqrt", "pow", "float_power", "**", "hypot", "*norm", "std", "std_mean", "distributions"),
                words=("square root",),
            ),
        ),
        ours=4,
        shortest=4,
        moral="In log space a root is a half. Networks that put out the log-variance draw just so.",
    ),
    "01.break-sampling": BreakIt(
        exercise="sample_gaussian",
        test=weak_tests.weak_test_of_sampling,
        moral="At v = 1 a variance is its own root, so choose numbers at which the likely slips differ. And noise has more to "
        "it than mean and variance.",
        forgot=("new noise at each call", "noise of its own for each entry", "the noise is standard normal"),
    ),
    "02.eight": Constraint(
        exercise="log_normal",
        rules=(Without("without torch.distributions and its losses", LIBRARY, words=("torch's loss",)), NoMoreThan(8)),
        ours=10,
        shortest=7,
        moral="A sum of logarithms is the logarithm of a product, and 2π is a constant with a name of its own.",
    ),
    "02.no-log": Constraint(
        exercise="kl_normal",
        rules=(
            Without(
                "without a logarithm",
                ("log*", "xlog*", "entr", "*softplus", "*entropy*", "*lgamma", "kl_*", *LIBRARY),
                but=("log_normal", "log_variance", "log_variances"),
            ),
        ),
        may_use=("log_normal",),
        ours=12,
        shortest=6,
        moral="A KL is E[log q] − E[log p] under q, and the average of a log density needs only the mean and the variance of z.",
    ),
    "02.break-axis": BreakIt(
        exercise="log_normal",
        test=weak_tests.weak_test_of_log_normal,
        moral="Give every axis its own length, and every entry its own number. A symmetric square hides which axis was summed, and v = 1 "
        "hides what v does.",
        forgot=("one value per example", "the value", "a batch of one, leading axes, broadcasting"),
    ),
    "03.no-softplus": Constraint(
        exercise="log_bernoulli_with_logits",
        rules=(
            Without(
                "without softplus, logsigmoid, cross-entropy and torch.distributions",
                (
                    "*softplus",
                    "logsigmoid",
                    "log_sigmoid",
                    "*cross_entropy*",
                    "*loss",
                    "mish",
                    "*bernoulli",
                    "distributions",
                ),
                words=("torch's loss",),
            ),
        ),
        ours=4,
        shortest=5,
        moral="softplus(a) is log(1 + exp(a)), and 1 is exp(0): the logarithm of a sum of two exponentials.",
    ),
    "03.one-line": Constraint(
        exercise="log_mean_exp",
        rules=(
            Without(
                "without logsumexp and its relatives",
                ("*logsumexp", "logaddexp*", "logcumsumexp", "*softm*", "*cross_entropy", "*loss", "distributions"),
            ),
            OneLine(),
        ),
        ours=4,
        shortest=7,
        moral="Take the largest out before exp, put it back after log: no exponential is larger than 1, and one of them is 1.",
    ),
    "03.break-calm": BreakIt(
        exercise="log_bernoulli_with_logits",
        test=weak_tests.weak_test_of_log_bernoulli,
        moral="Test where the numbers are large: what agrees on paper parts in float32. And where they lie between the easy cases, as a "
        "grey pixel does between 0 and 1; and with more axes than two.",
        forgot=(
            "the value",
            "logits of ±10,000 and the float32 edge",
            "a batch of one, leading axes, grey pixels",
        ),
    ),
    "05.in-front": Constraint(
        exercise="log_weights",
        rules=(
            Without(
                "without a new axis by unsqueeze, reshape, repeat or a subscript",
                ("unsqueeze", "*reshape*", "view*", "unflatten", "repeat*", "stack", "tile", "atleast_*", "[]"),
            ),
            NoLoop(),
        ),
        may_use=("sample_gaussian", "log_bernoulli_with_logits", "log_normal"),
        ours=12,
        shortest=9,
        moral="Broadcasting adds axes in front by itself: draw along the first axis, and all that has no such axis fits.",
    ),
    "05.doubling": Constraint(
        exercise="effective_sample_size",
        rules=(
            Without(
                "without softmax, without a square and without a norm",
                ("*softm*", "square", "pow", "float_power", "**", "*norm", "*normalize", "distributions"),
            ),
        ),
        ours=4,
        shortest=5,
        moral="In log space a square is a doubling: log Σ w² is logsumexp(2 log w).",
    ),
    "05.break-equal": BreakIt(
        exercise="effective_sample_size",
        test=weak_tests.weak_test_of_effective_sample_size,
        moral="Where all entries agree, most formulas of them agree too. Test with unequal ones, whose result you know "
        "from elsewhere, and with log weights that are far from 0.",
        forgot=("the value", "log weights of any size"),
    ),
    "06.four": Constraint(
        exercise="interpolate",
        rules=(NoMoreThan(4),),
        ours=6,
        shortest=3,
        moral="A line is a start and a direction. Rows from a column times a row: that is an outer product.",
    ),
    "06.steps": Constraint(
        exercise="interpolate",
        rules=(
            Without("without linspace and lerp", ("*linspace", "logspace", "lerp", "*interpolate", "upsample*")),
            NoLoop(),
        ),
        ours=6,
        shortest=5,
        moral="n posts have n − 1 gaps, and a new axis makes the loop.",
    ),
    "06.broadcast": Constraint(
        exercise="VAE.sample_z",
        rules=(
            Without(
                "without expand, repeat and their relatives",
                ("*expand*", "repeat*", "tile", "broadcast*", "distributions"),
            ),
        ),
        ours=3,
        shortest=3,
        moral="The prior is one number for every entry: only the noise needs the full shape.",
    ),
    "08.no-larger": Constraint(
        exercise="free_bits",
        rules=(
            Without(
                "without a maximum in any form, and without a comparison",
                (
                    *("<", "if", "gt", "ge", "lt", "le", "greater*", "less*", "where", "heaviside", "sign", "sgn"),
                    *(
                        "clamp*",
                        "clip*",
                        "max*",
                        "min*",
                        "amax",
                        "amin",
                        "fmax",
                        "fmin",
                        "aminmax",
                        "cummax",
                        "cummin",
                        "sort",
                        "topk",
                    ),
                    *("relu*", "*elu*", "silu", "mish", "*softplus", "*shrink", "threshold*", "hardtanh*"),
                ),
                words=("maximum", "comparison"),
            ),
        ),
        ours=3,
        shortest=7,
        moral="Of two numbers the larger is half of their sum and their distance. Its slope switches where they are equal.",
    ),
    "09.no-softmax": Constraint(
        exercise="semi_supervised_loss",
        rules=(
            Without(
                "without cross-entropy, a softmax in any form, and square brackets",
                (
                    *("*cross_entropy*", "*softm*", "*loss", "*bernoulli*", "distributions", "sigmoid", "*sigmoid"),
                    *("[]", "gather", "take*", "index*", "select*", "masked*", "diag*", "one_hot", "scatter*"),
                ),
            ),
            NoLoop(),
        ),
        ours=6,
        shortest=12,
        moral="−log softmax is logsumexp less the own logit, and a comparison with arange makes the rows of 0 and 1 that pick it.",
    ),
    "10.nine": Constraint(
        exercise="step_kl",
        rules=(Without("without torch.distributions and its losses", LIBRARY, words=("torch's loss",)), NoMoreThan(9)),
        ours=11,
        shortest=8,
        moral="torch.logit of a share is the log SNR. There a ratio is a difference, and expm1 takes the 1 off without losing digits where steps are tiny.",
    ),
}
"""The lesson's number and a word -> the puzzle."""
