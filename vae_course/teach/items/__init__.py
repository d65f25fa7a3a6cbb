"""Questions for exams and seminars: open ones with a model answer, and short ones that Moodle marks by itself.

    vae-course items --format gift|markdown [--lesson 04b] [--seed N] [--out FILE]

NN.toml          the open questions of a sitting, six each, with model answer and marking scheme. Teachers edit these files.
choices.toml     what the lesson's page shows beside a prediction; its choices, truth and reason come from `checks/learning/questions.py`
parallel/        numbers: what the pencil exercises ask, for other numbers, drawn by the seed

It stands in `teach`, which a student edition lacks. A sitting is what is taught in one go: 04b is the second half of lesson 04.

**Why TOML.** Python reads it without a package, an error names its line, and in a '''literal string''' a formula's backslashes
stay as they are typed. The course's recipes are written in it, too.

    title = "The gap and the collapse"       # of the category in Moodle

    [[question]]
    id = "any-q"                             # unique in its file; "04b.any-q" in the bank
    kind = "proof"                           # proof, explain, compute or criticise
    minutes = 10
    question = '''...'''
    answer = '''...'''
    earns = [[2, "the step"], [1, "the case of equality"]]   # points, and what earns them; their sum is what the question is worth
    often = '''The most common wrong answer, and what is wrong with it.'''

Texts are Markdown with few signs: paragraphs, lists of lines that begin with "* ", `code`, **bold**, *emphasis*, formulas in $...$ and,
on lines of their own, $$...$$. `markup.html` refuses what it does not know.

**Numbers are not those of the exercises.** An item that asks what a marked exercise asks would give its answer away. So each is a
parallel one: the same question about other boxes, weights or images, its truth computed when it is drawn. The wrong
numbers that the exercises know by name are computed from the same numbers by the same slips, and answered with their reason. Every
answer within 1 % of the truth is right. A right method in a wrong unit (bits, per cent) earns half.
"""
