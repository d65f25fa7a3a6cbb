r"""`vae-course build`: the lesson sources become the notebooks. This docstring is the format reference for authors.

    vae-course build [--check] [--force] [LESSON ...]      LESSON: 01_reparameterization, 01, or solutions/01_....py

solutions/NN_name.py     the only source: jupytext py:percent, solved
solutions/NN_name.ipynb  built: solved and executed, but only when its code changed (or --force)
notebooks/NN_name.ipynb  built: stubs, no outputs. Never edit it: the build refuses to overwrite an edited notebook
--check                  the drift gate: builds into a temporary folder, runs nothing, exits 1 if a notebook differs

## A lesson source

Every cell begins with `# %%` (code) or `# %% [markdown]`; tags are written `# %% tags=["nbval-ignore-output"]`. No
other front matter or cell metadata. The sections (`##`) come in the order of `cards.SKELETON`, after one `# Title`:
What you will build · Before you start (says "NN minutes") · Warm-up (three questions) · ...the lesson... · Summary ·
Check your progress (a cell calling `progress()`) · Where people get stuck · Blank page · Further reading.

## An exercise card, whole

    # %% [markdown]
    # {{ exercise sample_gaussian }}
    #
    # **Goal.** Draw $z$ so that gradients reach `m` and `v`.
    #
    # $$z = m + \sqrt{v}\,\varepsilon, \qquad \varepsilon \sim N(0, I)$$
    #
    # **Shapes.** In: `m` and `v`, both `(..., dim)`. Out: the same shape. Nothing is summed, nothing averaged.

    # %%
    def sample_gaussian(m, v):
        "Draw z from N(m, v); v is the variance."
        ### BEGIN SOLUTION
        return m + v.sqrt() * torch.randn_like(m)
        ### END SOLUTION

    # %%
    check(sample_gaussian)

    # %%
    if solved(sample_gaussian):
        plots.histogram(sample_gaussian(m, v), target=(m, v))
    else:
        print("Your draws will appear here, beside the curve that they should follow.")

    # %% [markdown]
    # <details><summary>I get a spread of 9 instead of 3</summary>
    #
    # `v` is a variance: take the square root, once.
    # </details>
    #
    # **Think.** Why is `torch.normal(m, v.sqrt())` not enough?
    #
    # <details><summary>Answer</summary>
    #
    # It draws the right numbers and cuts the graph: no gradient reaches `m`.
    # </details>

* `{{ exercise NAME }}` is the first line of its cell and becomes the heading `### Exercise 1.1 · Title` and the line
  "difficulty ●●○○ (2 of 4) · 15 minutes · 7 points · about 2 lines", from `vae_course.exercises`; so a `##` section
  stands above it. One card for several exercises: `{{ exercise VAE.sample_z VAE.sample_x }}`. A card ends at the next
  heading of level 1 to 3; a solution region outside a card is refused.
* **Order of the parts**: head, **Goal.**, formula, **Shapes.**, stub, check, drawing, hints, **Think.** The Shapes say
  what is summed or averaged ("nothing is summed" counts). Answers that are numbers, words or dictionaries write
  `**Answer.**` (its format) in place of `**Shapes.**`, and then need no formula.
* **Stub.** A region inside a function becomes `raise NotImplementedError`. A region at the left margin (constants)
  becomes `# your answer here`, with a placeholder above it, so that the untouched notebook still runs:
      predict_noise = {"dz_dv": None}
      ### BEGIN SOLUTION
      predict_noise = {"dz_dv": 0.5}
      ### END SOLUTION
  A cell may hold several methods, each with a region; it may not mix the two kinds.
* **Check.** `check(f)`, `check(VAE.loss)`, `check(predict_noise, "predict_noise")`, one per exercise, not in a loop.
* **Drawing.** A cell that begins `if solved(`. Required for functions and methods; if there is nothing to draw, tag
  the check cell `no-drawing`.
* **Hints.** At least one `<details>` whose summary reads "I get ... instead ...". A blank line follows each
  `</summary>`, or Markdown inside is not rendered.
* **Links** are relative to notebooks/ and resolve in the repository: `02_kl_divergence.ipynb`, `../docs/x.md`,
  `#Heading-text` (spaces become hyphens). Images have alt text.
* **Answers stay out of sight**: no other cell, and no fenced Python in the prose, may repeat a solved region.

## What the cells may print, and nbval

The build runs a lesson in an empty folder with VAE_COURSE_STATIC=1 (widgets show their PNG, no progress bars), and
refuses errors, anything on stderr, carriage returns, memory addresses, paths of this machine, and outputs other than
text/plain, text/html, text/markdown and image/png. `pytest --nbval solutions/` (nbval 0.11) then compares, for every
code cell, all printed text and every MIME type except image/png, image/jpeg and widget views: pictures are never
compared, and a picture's text/plain is only `<Figure size 640x480 with 1 Axes>`. So:

* a figure alone needs no tag; neither do numbers from a fixed seed, rounded to few decimals;
* a cell that prints, or puts into HTML, what training computed (it differs between machines in the last digits) has
  the tag `nbval-ignore-output`, and an `assert` in the same or the next code cell states what must hold. The build
  refuses the tag without the assert. An error in a tagged cell still fails.
"""
