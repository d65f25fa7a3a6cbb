# %% [markdown] tags=["slide"]
# # 04b · The gap, collapse, and a detective
#
# Your model trains. How good is its $q$, what does its $z$ know, and would you notice if your code were wrong? With two latent
# dimensions the posterior of a real digit can be drawn whole. Run the cell, and try the digits.

# %% tags=["slide"]
import torch

from vae_course import binarize, check, evaluate, given, hint, load_mnist, predict, progress, solution, solved
from vae_course.figures import linear_vae, posterior, wrong_models
from vae_course.figures import nelbo as figures
from vae_course.figures.widgets import explore

test = load_mnist("test")
x_test = binarize(test.images, torch.Generator().manual_seed(1))  # (10000, 784), each pixel 0 or 1
first = [int((test.labels == digit).nonzero()[0]) for digit in range(10)]  # the first test image of each digit
digits = x_test[first]  # (10, 784)
small = given.trained("v1_z2")  # two latent dimensions


def look_at(digit):
    posterior.beside_q(small, digits[digit])


explore(look_at, digit=[2, 0, 1, 3, 4, 5, 6, 7, 8, 9])

# %% [markdown]
# Shaded is the exact posterior $p(z|x)$, added up on a fine grid: all $z$ that could have made this image. The line is the encoder's
# $q$. What does it cost that the two differ, and whose fault is it?
#
# **Where it matters.** A VAE of sentences whose decoder reads the words before tends to end with a $z$ that says nothing (Bowman and
# others, CoNLL 2016). They describe how they found out, and a cure.

# %% [markdown]
# ## What you will build
#
# Nothing that trains, this time. You put a proof together from memory, and you find the bugs in five models by what they report.
# After this lesson you can
#
# * split the gap between ELBO and $\log p(x)$ into what the encoder misses and what its ellipse cannot be;
# * tell the three causes of collapse apart, and say which of them needs a cure;
# * tell a good bound from a bug.

# %% [markdown]
# ## Before you start
#
# About 80 minutes: 55 of reading and playing, 25 of exercises. **Short path** (workshop, 25 minutes): run the cells in turn, and read "A real
# posterior", "Collapse", the summary.
#
# You need lesson 04: the ELBO and its two derivations, `kl` and `rec`. All models here come with the course.

# %% [markdown]
# ## Warm-up
#
# Three questions on lesson 04. Answer aloud before you open the answers.
#
# 1. Which two KL divergences belong to the ELBO, and which of them can you compute?
# 2. A model's `rec` falls and its `kl` rises, while it trains. Is that bad news?
# 3. You change the encoder only, and the ELBO rises by a nat. What became of $\log p(x)$?
#
# <details><summary>Answers</summary>
#
# 1. To the prior, $\mathrm{KL}(q(z|x)\,\|\,p(z))$: a term of the ELBO, with a closed form. To the posterior,
#    $\mathrm{KL}(q(z|x)\,\|\,p(z|x))$: the gap to $\log p(x)$, which one usually cannot compute.
# 2. No. It buys reconstruction with KL: $z$ is used.
# 3. Nothing: $\log p(x)$ belongs to the decoder and the prior. The gap became a nat smaller.
# </details>

# %% [markdown]
# ## Say it again
#
# The first derivation of lesson 04, from memory.

# %% [markdown]
# {{ exercise derivation }}
#
# **Goal.** Put the first derivation in order, from $\log p(x)$ to the two terms. Six of the eight lines belong; two look right and
# are not.
#
# | | line | because |
# | --- | --- | --- |
# | A | $\ge \mathbb E_q\big[\log \big(p(x, z) / q(z \mid x)\big)\big]$ | the logarithm is concave: Jensen's inequality |
# | B | $= \mathbb E_q[\log p(x \mid z)] - \mathrm{KL}(q(z \mid x)\,\Vert\,p(z))$ | what KL means |
# | C | $= \log \int q(z \mid x)\;p(x, z) / q(z \mid x)\,dz$ | multiply and divide by $q(z \mid x)$ |
# | D | $= \mathbb E_q\big[\log \big(p(x, z) / q(z \mid x)\big)\big]$ | the logarithm moves inside the expectation |
# | E | $\log p(x) = \log \int p(x, z)\,dz$ | sum over all $z$ that could have been |
# | F | $= \mathbb E_q[\log p(x \mid z)] - \mathrm{KL}(p(z)\,\Vert\,q(z \mid x))$ | what KL means |
# | G | $= \log \mathbb E_q\big[p(x, z) / q(z \mid x)\big]$ | what an expectation under $q$ means |
# | H | $= \mathbb E_q[\log p(x \mid z) + \log p(z) - \log q(z \mid x)]$ | $p(x, z) = p(x \mid z)\,p(z)$, and the log of a product |
#
# **Answer.** A list of six letters, top to bottom.

# %%
derivation = [None] * 6
### BEGIN SOLUTION
derivation = ["E", "C", "G", "A", "H", "B"]
### END SOLUTION

# %%
check(derivation, "derivation")

# %% [markdown]
# <details><summary>I get "In their places, of six lines" and fewer than six instead of a pass, though all six lines belong</summary>
#
# Each line changes one thing of the line before. Cover the letters and ask: has $q$ appeared yet? Is the logarithm outside or
# inside?
# </details>

# %% [markdown]
# **Think.** Which single line would you have to change for a $q$ that is exactly the posterior?
#
# <details><summary>Answer</summary>
#
# Line A: its $\ge$ becomes $=$. Then $w = p(x, z) / p(z|x) = p(x)$ is the same for every $z$, and the log of a constant's mean is
# the mean of its log. (That makes line D true, in this one case.)
# </details>

# %% [markdown]
# ## What does z know?
#
# Two latent dimensions can be drawn. Each numeral is a test digit, at the mean $m$ of the $q(z|x)$ that the encoder of `v1_z2`
# gives it.

# %% tags=["slide"]
figures.latent_plane(small, x_test, test.labels)

# %% [markdown]
# Nobody told the model about digits, and yet they gather; 4, 7 and 9, which look alike, overlap, and so do 3, 5 and 8. Most of the
# plane within two standard deviations is filled, as the prior asks. Digits further out pay for it: the KL contains $\tfrac12 m^2$.

# %% tags=["slide"]
predict("04b.plane")

# %% tags=["slide"]
for name in ("v1_z2", "v1_z20"):
    print(f"{name:6s}  {evaluate(given.trained(name), x_test)}")

# %% tags=["slide"]
predict("04b.plane").was()

# %% [markdown]
# ## A real posterior
#
# The slider of the top once more. The dotted line is the best Gaussian of this kind that 60 steps of optimisation find for *this very
# image*, from the posterior's top, by the ELBO's slope in $m$ and $v$ alone.

# %% tags=["slide"]
explore(look_at, digit=[2, 0, 1, 3, 4, 5, 6, 7, 8, 9])

# %% [markdown]
# The posterior may be tilted or bent, and $q$ is one axis-parallel ellipse. The bar splits the gap:
#
# * **amortisation**: what the Gaussian found for this image wins over the encoder's, which answers for all images with one set of
#   weights ("amortised") and generalises imperfectly;
# * **shape**: what is left even then. No such ellipse is the posterior.
#
# (More steps might find a better ellipse, never a worse one: the first part is at least what is shown, the second at most.)
# Together they are $\mathrm{KL}(q(z|x)\,\|\,p(z|x))$, the gap of the second derivation. Over the ten digits:

# %%
parts = [posterior.gap(small, image) for image in digits]
amortisation = sum(part.amortisation for part in parts) / len(parts)
shape = sum(part.shape for part in parts) / len(parts)
print(f"mean gap {amortisation + shape:.3f} nats = amortisation {amortisation:.3f} + shape {shape:.3f}")

# %% [markdown]
# Are ten digits enough to judge by? *Predict first*: over 300 test images, will the mean gap be near the one above? And the median?

# %%
many = posterior.gaps(small, x_test[:300])
print(f"300 test images: mean gap {many.mean():.1f} nats, median {many.median():.1f}, largest {many.max():.0f}")

# %% tags=["slide"]
posterior.beside_q(small, x_test[149])

# %% [markdown]
# Most images have a small gap, and a few odd ones a huge one, which carry the mean. For this 2 the encoder points beside the
# posterior altogether. The *decoder* has a far better place for it (no good one: even $\log p(x)$ is low); the encoder, which has
# never seen such a 2, does not know where, and nearly all of the gap is amortisation.

# %% [markdown] tags=["slide"]
# ## A VAE in which all is exact
#
# (Full path: this section needs matrices, their determinant and eigenvectors. Without them play with its slider and go on; nothing
# later rests on it.) One VAE needs no grid: its pixels are real numbers (centred), its decoder is linear, $x = Wz + \sigma\varepsilon$. This is
# **probabilistic PCA** (Tipping and Bishop, 1999). With one latent, $W$ is a single column $w$, and
#
# $$\log p(x, z) = -\tfrac12 z^2 - \frac{|x - wz|^2}{2\sigma^2} + \ldots
# = -\tfrac12 \underbrace{\Big(1 + \frac{|w|^2}{\sigma^2}\Big)}_{P} z^2 + \frac{w^\top x}{\sigma^2}\,z + \ldots$$
#
# A Gaussian of mean $m$ and precision $P$ (one over its variance) has $-\tfrac12 P z^2 + P m z$. So $p(z|x)$ *is* Gaussian, with
# $m = w^\top x / (|w|^2 + \sigma^2)$. With several latents and $M = W^\top W + \sigma^2 I$,
#
# $$p(z|x) = N\big(M^{-1} W^\top x,\; \sigma^2 M^{-1}\big), \qquad p(x) = N\big(0,\; W W^\top + \sigma^2 I\big).$$
#
# (This $p(x)$ is a density: do not compare its nats with those of black-and-white images.)

# %% [markdown]
# What does a $q$ with independent dimensions lose? Let $P = M / \sigma^2$, the inverse of the posterior's covariance. With it
# $\log p(z|x) = \tfrac12 \log \det P - \tfrac12 (z - m)^\top P\,(z - m)$ and a constant: for one dimension lesson 02's, with $P = 1/v$.
# Let $q$ have the same mean $m$, and variances $v_i$. Its dimensions are independent, so mixed terms average to 0:
# $\mathbb E_q[(z - m)^\top P\,(z - m)] = \sum_i P_{ii} v_i$. So
#
# $$\mathrm{KL}\big(q\,\|\,p(z|x)\big) = \tfrac12\Big[\sum_i (P_{ii} v_i - \log v_i - 1) - \log \det P\Big].$$
#
# (Another mean only adds to it.) The slope in $v_i$ is 0 at $v_i = 1/P_{ii}$, which leaves
#
# $$\text{gap} = \tfrac12\Big[\sum_i \log P_{ii} - \log \det P\Big],$$
#
# the same for every $x$. Three choices of $q$, each with its exact ELBO:

# %%
x, W = linear_vae.X, linear_vae.turned(45)  # (2,) and (2, 2)
m, P = linear_vae.posterior(x, W)  # (2,) and (2, 2)
covariance = torch.linalg.inv(P)
for name, S in {
    "the posterior itself": covariance,
    "variances 1 / P_ii": torch.diag(1 / P.diagonal()),
    "the posterior's variances": torch.diag(covariance.diagonal()),
}.items():
    elbo = linear_vae.elbo(x, W, m, S)
    print(f"{name:26s} ELBO {elbo:.6f}   gap {abs(linear_vae.log_p(x, W) - elbo):.6f}")
print(f"gap by the formula: {0.5 * (P.diagonal().log().sum() - torch.logdet(P)):.6f}")

# %% [markdown]
# The exact posterior has no gap. Without tilt, its own variances are too wide: the ELBO prefers a narrower $q$.
#
# Now turn the plane of $z$: $WR$ in place of $W$, with a rotation $R$. As $R R^\top = I$, $W W^\top$ stays, and so does $p(x)$.
# *Predict first*: does the ELBO? Then drag. What do the two columns of $W$ do where the gap vanishes?

# %% tags=["slide"]
explore(linear_vae.turn_the_columns, angle=(45, 0, 90, 5))

# %% [markdown]
# The gap is 0 where $P$ is diagonal: where the columns are orthogonal. Then $W W^\top w_i = |w_i|^2 w_i$: each lies along a principal
# axis of the cloud. Among models with the same $p(x)$, the ELBO chooses **PCA's axes**, because $q$ has no tilt. (Lucas and others,
# NeurIPS 2019, prove that the optimum of a linear VAE is there.)

# %% [markdown] tags=["slide"]
# ## Collapse
#
# Sometimes the KL falls to 0 and stays there: $q$ is the prior for every image, $z$ says nothing, and a decoder like ours paints
# the average digit. This is **posterior collapse**. It has three causes; two need different cures, one needs none.
#
# ### 1 · The KL weighs too much
#
# One `.mean` in the wrong place is enough. In lesson 03 (full path) three models trained that differ in one `.mean`: which of them collapsed, and
# which did the opposite? Recall it before you read on.

# %% [markdown]
# Averaged over pixels, `rec` weighs 784 times less, as if the KL weighed 784 times more ($\beta = 784$): $z$ is too expensive and
# is not used. Averaged over latents ($\beta = 1/20$) it is cheap and is squandered, the opposite of a collapse. In neither case is
# the number that is minimised, kl + rec/784 or kl/20 + rec, a bound on $-\log p(x)$: do not report it.
#
# **Cure: weigh the terms rightly.** A small weight that is raised slowly ("warm-up") is no cure here: the weight that training ends
# on is still wrong.

# %% [markdown]
# ### 2 · z is not needed
#
# Here collapse is *no* error. Take data in two dimensions: a long narrow cloud (standard deviations 2 and 0.5), turned by an angle;
# at 0° it lies along the axes. The decoder may give each coordinate its own mean and variance, as a function of one $z$; *given*
# $z$ they are independent. Turn the cloud, and watch the KL.

# %% tags=["slide"]
explore(wrong_models.collapse_toy, angle=(45, 0, 45, 5))

# %% tags=["slide"]
for angle in (0, 45):
    kl, nelbo, best = wrong_models.collapse_numbers(angle)
    print(f"{angle:2d}°: KL {kl:.2f}   NELBO {nelbo:.3f}   best possible {best:.3f}")

# %% [markdown]
# At 45° the coordinates depend on each other, independent ones cannot imitate that, and $z$ carries what they share: the blue line
# runs along the cloud. At 0° the decoder can paint the cloud without any $z$: a collapsed model is an optimum. The trained one kept
# a small KL (0.16 nats): the blue line moves the mean of $x_1$ a little, the variance about it is that much smaller, and nothing is
# won. Its NELBO is as good as any model's can be.

# %% [markdown]
# <details><summary>The linear VAE, $x = wz + \sigma\varepsilon$ along one axis, says it by a formula</summary>
#
# Along an axis on which the data have variance $\lambda$, the model has
# $c = |w|^2 + \sigma^2$. The mean log-likelihood, $-\tfrac12(\log c + \lambda / c)$ and a constant, rises until $c = \lambda$ and
# falls from there. So where $\lambda \le \sigma^2$ the best $w$ is 0, by $\log p(x)$ itself: that latent
# says nothing, and no bound is to blame.
# </details>

# %% [markdown]
# **Cure: none is needed**, unless it is $z$ that you want.
#
# <details><summary>How one can force the KL up: free bits</summary>
#
# **Free bits** (Kingma et al. 2016): where the KL of a latent dimension (or of a group of them), averaged over the batch, is below
# a chosen $\lambda$ nats, the loss counts $\lambda$ in its place, so that nothing is won by lowering it further. Here that buys KL,
# not likelihood, since the NELBO is at its best already. Only the loss is clipped; the `kl` that you report stays the true KL.
# </details>

# %% [markdown]
# Now images. Three models, trained alike, differ in their decoder: a plain one with one hidden layer; one with two more; and the
# plain one, with each pixel's logit also told the pixels before it, row by row (an *autoregressive* decoder). (Their hidden layers
# are smaller than yours: compare the three with each other.)
#
# <details><summary>How that is written, and where the models come from</summary>
#
# The plain decoder's `logits` become `logits + x @ torch.tril(W, -1).T`, with a matrix `W` of 784 × 784 weights.
# `torch.tril(W, -1)` sets all entries of `W` on and above the diagonal to 0, so that each pixel hears of the pixels before it, and
# of no other. It is a recording of 3,000 steps each: `vae_course/teach/authoring/nelbo_data.py`.
# </details>

# %% tags=["slide"]
predict("04b.smallest-kl")

# %% tags=["slide"]
for name in ("plain", "deeper", "autoregressive"):
    kl, nelbo = wrong_models.decoder_numbers(name)
    print(f"{name:15s} KL {kl:5.1f}   NELBO {nelbo:6.1f}")

# %% tags=["slide"]
predict("04b.smallest-kl").was()

# %% [markdown]
# The deeper decoder also pays less KL, and gains only two nats: given $z$ its pixels are as independent as the plain one's, so
# whatever they have in common must still go through $z$. Layers alone do not make a decoder strong in this sense.

# %% [markdown]
# ### 3 · Training is caught in a trap
#
# In the pictures of lesson 04, at step 40 the decoder paints the same average for every image's $z$. As long as it does, $z$ brings nothing, and the KL
# pulls $q$ towards the prior; as long as $q$ is the prior, the decoder has no reason to listen. Your model found the way out.

# %% [markdown]
# Bowman et al. (2016, sentences) and Sønderby et al. (2016, several layers of $z$) report models whose latents went out of use
# early, and that **warm-up** helps: weigh the KL by $\beta$, raised from 0 to 1 in the first part of training, so that $z$ is worth
# something before it costs something. That is the cure where a better optimum exists and is not found. Judge the model with
# $\beta = 1$.
#
# | | the optimum itself | sign | cure |
# | --- | --- | --- | --- |
# | 1 wrong weight | is collapsed, because another number is minimised | `rec` or `kl` of a strange size | weigh rightly (warm-up does not help) |
# | 2 not needed | may be collapsed, and is good | NELBO is fine | none (free bits buy KL, not likelihood) |
# | 3 trap | is not collapsed | other starts, or warm-up, reach a better NELBO | warm-up |

# %% [markdown]
# ## A bound that is too good is a bug
#
# A lower bound cannot lie above $\log p(x)$, so a NELBO that is computed rightly cannot be *too low*, up to chance. A wrong formula
# can report anything. Below are five models, each trained with one mistake for 600 steps: left what the wrong code printed, right
# what is true of the same model (by the right formula, on all 10,000 test images).

# %%
print(f"        | {'reported by its own code':>31} | {'true, on test images':>29}")
print(f"        | {'rec':>10} {'kl':>9} {'sum':>9}   | {'rec':>9} {'kl':>9} {'NELBO':>9}")
print(f"right   | {wrong_models.evidence('right')}")
for case in "ABCDE":
    print(f"case {case}  | {wrong_models.evidence(case)}")

# %% tags=["slide"]
wrong_models.case_files()

# %% [markdown]
# Left, how high do `rec` and `kl` end (the scale is logarithmic above 1)? Right, do the reconstructions differ from image to image?
# After 600 steps no samples are digits yet, not even the right model's: judge by them only where they are all alike, or nearly empty.
# (Reported are means over the last training batches, so even the right model's lie a nat or two off the truth.)

# %% [markdown] tags=["slide"]
# {{ exercise detective }}
#
# **Goal.** For each of the five cases name the bug. The suspects, twelve of them:
#
# | name | what the code does |
# | --- | --- |
# | `"v as std"` | the noise is scaled by v instead of sqrt(v) |
# | `"uniform noise"` | `torch.rand` where `torch.randn` belongs |
# | `"no noise"` | z = m |
# | `"z detached"` | no gradient flows through z |
# | `"z from the prior"` | z is drawn from p(z) instead of q(z∣x) |
# | `"one noise for the batch"` | the same ε for every image of a batch |
# | `"sigmoid twice"` | a sigmoid before the loss that expects logits |
# | `"KL swapped"` | KL( p(z) ‖ q(z∣x) ) |
# | `"KL sign"` | rec − kl is minimised |
# | `"no KL"` | the KL is computed and left out of the loss |
# | `"rec mean over pixels"` | rec is averaged over 784 pixels instead of summed |
# | `"KL mean over latents"` | kl is averaged over the latent dimensions instead of summed |
#
# **Answer.** A dictionary, case letter to name.

# %%
detective = {"A": None, "B": None, "C": None, "D": None, "E": None}
### BEGIN SOLUTION
detective = {
    "A": "sigmoid twice",
    "B": "no noise",
    "C": "KL mean over latents",
    "D": "rec mean over pixels",
    "E": "no KL",
}
### END SOLUTION

# %%
check(detective, "detective")

# %% [markdown]
# <details><summary>I get "and that is not it" instead of a pass for a case with kl = 0</summary>
#
# Several bugs end with $z$ unused and the average digit. What differs is the size of what they *report*.
# </details>
#
# <details><summary>I get stuck between two suspects instead of one</summary>
#
# Compare reported and true numbers: is one of them off by a factor of 784, or of 20? Which of them is held back by nothing?
# </details>

# %% [markdown]
# **Think.** Case B reports a far better bound than the right model, and its reconstructions are good. Suppose you could see only
# what it reports. What would make you suspicious?
#
# <details><summary>Answer</summary>
#
# Its KL of about 2.5 nats. That is room for some $e^{2.5} \approx 12$ kinds of images, not for reconstructions that differ from
# digit to digit; the right model needs about ten times as many nats. Without noise the encoder can write an image into tiny
# differences of $m$, which cost next to nothing; with noise they would drown. The code reports an average under a $q$ from which it
# does not draw. *A bound that is too good is a bug.*
# </details>

# %% [markdown]
# ### The fingerprints
#
# All twelve, for your notes. (Made by `python -m vae_course.teach.authoring.nelbo_data detective` in the course's repository.)

# %%
if solved(detective, "detective"):
    print(wrong_models.fingerprints(detective))
    print("sum: rec + kl in every row, also where the wrong code made something else small.")
else:
    print("When your answer passes, the fingerprints of all twelve mistakes appear here.")

# %% [markdown] tags=["slide"]
# ## Summary
#
# * The gap is $\mathrm{KL}(q(z|x)\,\|\,p(z|x))$: what one encoder for all images misses (amortisation), and what its ellipse cannot
#   be (shape). Here most of it is amortisation, and a few odd images carry it.
# * KL = 0 has three possible causes, and not all are errors: a wrong weight, a $z$ that is not needed, a trap.
# * (Full path.) A bound that is computed rightly cannot be too good. Report numbers computed by a formula that did not train the model.

# %% [markdown]
# ## Check your progress

# %%
progress()

# %% [markdown]
# ## Where people get stuck
#
# | you see | the reason |
# | --- | --- |
# | all reconstructions look alike, `kl` is 0 | collapse: first look for a wrong weight, a `.mean` too many, a $z$ that is detached or drawn from the prior |
# | `kl` is 0, and the NELBO is as good as any | $z$ is not needed: no error |
# | sharp reconstructions, and a `kl` of a hundred nats or more | the KL is missing, or far too cheap |
# | a bound well below 90 nats after a short training | too good: no noise, mean over pixels, mean over latents |
# | a gap that "must be the decoder's fault" | it depends on $q$ alone: the same decoder with a better $q$ has none |
#
# **Group task** (rooms, 15 minutes). Each pair puts one bug of its own into `negative_elbo_bound` of lesson 04, trains 300 steps with
# `fit`, and shows the others only curves and samples. They guess. Which bug does nobody find, and what single number would have given
# it away?

# %% [markdown]
# ## Blank page
#
# Close the notebook, take paper, ten minutes: a bent posterior and the best $q$ on it; the gap bar, cut in two; the three
# collapses, with sign and cure. Three bugs that end at kl = 0, and what each would report. Then compare.

# %% [markdown]
# ## Further reading
#
# * C. Cremer, X. Li, D. Duvenaud, *Inference Suboptimality in Variational Autoencoders*, ICML 2018: the gap split into amortisation
#   and shape, for larger models.
# %% [markdown]
# * S. Bowman et al., *Generating Sentences from a Continuous Space*, CoNLL 2016, and C. Sønderby et al., *Ladder Variational
#   Autoencoders*, NeurIPS 2016: collapse met in practice, and warm-up.
# * D. Kingma et al., *Improving Variational Inference with Inverse Autoregressive Flow*, NeurIPS 2016: free bits, and a $q$ that is
#   no plain Gaussian.
# * M. Hoffman, M. Johnson, *ELBO surgery*, NeurIPS workshop 2016: what the average KL is made of.
#
# Next: [05 · The importance-weighted bound](05_iwae.ipynb).
