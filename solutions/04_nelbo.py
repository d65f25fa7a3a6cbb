# %% [markdown]
# # 04 · The NELBO
#
# The pieces are ready: a draw that lets gradients through, a KL divergence, the log-probability of an image. Here the same twelve
# random $z$ are decoded twice, by a model that has been trained and by one of the same design that has not. Run the cell.

# %%
import math

import torch

from vae_course import binarize, check, evaluate, fit, given, hint, load_mnist, predict, progress, solution, solved
from vae_course.figures import nelbo as figures
from vae_course.figures import posterior, scatter, wrong_models
from vae_course.figures.digits import images_in_rows
from vae_course.figures.widgets import explore

torch.manual_seed(2)
z = torch.randn(12, 20)  # from the prior
with torch.no_grad():
    models = {"trained": given.trained("v1_z20"), "yours,\nuntrained": given.VAE(nn="v1", z_dim=20)}
    images_in_rows({name: torch.sigmoid(model.dec(z)) for name, model in models.items()})

# %% [markdown]
# The two decoders differ in their weights alone, and yours knows nothing of digits yet. What has to be made small, so that the
# lower row becomes the upper one?
#
# **Who uses it?** The number of this lesson is also the length of a file: with it a VAE compressed MNIST without loss, and better than
# standard methods (Townsend, Bird, Barber, ICLR 2019).

# %% [markdown]
# ## What you will build
#
# `VAE.negative_elbo_bound(x)`, six steps in about six lines; `VAE.loss(x)` around it; and `training_step`, once by hand. Then you
# train a VAE on the 50,000 training digits of MNIST to below **100 nats** per test image (a little more, if you estimate the KL by
# draws). After this lesson you can
#
# * derive the ELBO in two ways, and say what each shows that the other does not;
# * write the bound from memory: signs, shapes, what is summed and what averaged;
# * say what one $z$ per image is right for, and what it costs;
# * tell a healthy model from a collapsed one by its curves, and a good bound from a bug.

# %% [markdown]
# ## Before you start
#
# About 135 minutes: 63 of reading and playing, 72 of exercises. It divides well into two evenings: stop after exercise 4.3.
# **Short path** (workshop, 45 minutes): run all cells, and read the first derivation, the signs, the six steps, exercises 4.1 and 4.2,
# "Train it", the summary.
#
# You need: from lesson 01 $z = m + \sqrt v\,\varepsilon$, from 02 the KL divergence of two Gaussians, from 03 $\log p(x|z)$ of a
# black-and-white image. All are given:
#
# | in code | in formulas | meaning |
# | --- | --- | --- |
# | `x` | $x$ | a batch of images, `(batch, 784)`, each pixel 0 or 1 |
# | `z` | $z$ | the latent variable, `(batch, z_dim)` |
# | `self.z_prior` | $p(z)$ | the prior, $N(0, 1)$ in each dimension, all independent |
# | `self.dec(z)` | $p(x \mid z)$ | the decoder: a logit for each pixel |
# | `self.enc(x)` | $q(z \mid x)$ | the encoder: $m$ and $v$ of a Gaussian over $z$ |
# | | $p(x, z) = p(z)\,p(x \mid z)$ | the chance of $z$ and $x$ together |
# | | $p(x)$ | the chance of $x$ alone, called the **evidence** |
# | | $p(z \mid x)$ | the posterior: which $z$ could have made this $x$ |
# | | $\mathbb E_q[\,\cdot\,]$ | the average over $z$ drawn from $q(z \mid x)$ |

# %% [markdown]
# ## Warm-up
#
# Three questions on lesson 03. Answer aloud before you open the answers.
#
# 1. What is $\log p(x|z)$ of a black-and-white image, and over what is it summed?
# 2. A model that gives every pixel probability ½: how many nats does it pay per image?
# 3. A colleague *averages* the reconstruction term over the 784 pixels. To which $\beta$ in
#    $\beta \cdot \mathrm{kl} + \mathrm{rec}$ is that the same?
#
# <details><summary>Answers</summary>
#
# 1. $\sum_i \big[x_i \log p_i + (1 - x_i) \log(1 - p_i)\big]$ over the pixels $i$, with $p_i$ the pixel's probability of being 1:
#    the pixels are independent *given* $z$, so their probabilities multiply and the logarithms add.
# 2. $784 \ln 2 = 543.4$ nats. That is where "our model" stands.
# 3. $\beta = 784$: the KL weighs 784 times as much as it should. Today you will see what that does.
# </details>

# %%
train = load_mnist("train")
test = load_mnist("test")
x_test = binarize(test.images, torch.Generator().manual_seed(1))  # (10000, 784), each pixel 0 or 1
print("training images:", len(train.images), "  test images:", tuple(x_test.shape))

# %% [markdown]
# ## What we want, and why we cannot have it
#
# A good model gives a high probability $p(x)$ to images that really occur. So we would like to change the decoder until
# $\log p(x)$, averaged over the training images, is as high as possible. As the model draws a $z$ from the prior, then an $x$ from
# the decoder,
#
# $$p(x) = \int p(z)\,p(x|z)\,dz = \mathbb E_{z \sim p(z)}\big[\,p(x|z)\,\big].$$
#
# An average. So why not draw many $z$ from the prior and take the mean of $p(x|z)$?
#
# *Predict first*: for a trained model and one test image, the cell takes the mean over 10,000 draws (in log space, lesson 03).
# Below it stands this lesson's lower bound, from ten draws of the *encoder*. Which number is higher, and by how much?

# %%
good = given.trained("v1_z20")  # 20 latent dimensions; never saw the test images
torch.manual_seed(0)
z = torch.randn(10_000, 20)  # from the prior
with torch.no_grad():
    log_p = given.log_bernoulli_with_logits(x_test[6], good.dec(z))  # (10000,)
print(f"10,000 draws from the prior:  log p(x) ≈ {given.log_mean_exp(log_p, dim=0):.0f} nats")
print(f"with the encoder's help:      log p(x) ≥ {evaluate(good, x_test[6:7], iw=10).bound:.0f} nats")

# %% [markdown]
# Hardly any of the 10,000 random $z$ makes an image like this one: the average rests on a few lucky draws, and comes out far too
# low. The encoder points at the right region. But if $z$ no longer comes from the prior, the average is no longer $p(x)$. The ELBO
# makes up for that.

# %% [markdown]
# ## First derivation: a bound by Jensen
#
# Take one image $x$, and sum over all $z$, with $p(x, z) = p(z)\,p(x|z)$:
#
# $$\log p(x) = \log \int p(x, z)\,dz.$$
#
# **Bring in $q$.** Multiply and divide by $q(z|x)$. This changes nothing, as long as we do not divide by 0, and a Gaussian is
# nowhere 0:
#
# $$\log p(x) = \log \int q(z|x)\;\frac{p(x, z)}{q(z|x)}\;dz.$$
#
# **Read it as an average under $q$**, of a number called the weight $w$:
#
# $$\log p(x) = \log \mathbb E_q[\,w\,], \qquad w = \frac{p(x, z)}{q(z|x)}.$$
#
# So far everything is exact. The weight corrects for having drawn from $q$: where $q$ draws too often, it is small. But the
# logarithm of an average is awkward: products inside $w$ cannot be split, and a sample mean inside a logarithm is not right on
# average. What would it cost to swap the two?

# %% [markdown]
# Say that the weight is 1 or 3. First each with probability ½, then drag the share of 3:

# %%
print(f"log of the mean:  log((1 + 3) / 2)         = {math.log(2):.4f}")
print(f"mean of the logs: (log 1 + log 3) / 2      = {math.log(3) / 2:.4f}")

# %%
explore(figures.jensen, share=(0.5, 0.0, 1.0, 0.05))

# %% [markdown]
# The curve bends down (it is **concave**), so the line between two of its points runs below it. The thick bar is what the swap
# costs; it is 0 only when $w$ has a single value.
#
# **Jensen's inequality** says the same for any distribution of $w$: $\log \mathbb E[w] \ge \mathbb E[\log w]$. Two lines prove it.
# A concave curve lies below each of its tangents; at the place $c > 0$ the tangent of $\log$ has slope $1/c$:
#
# $$\log w \le \log c + \frac{w - c}{c}.$$
#
# Choose $c = \mathbb E[w]$ and average both sides. The fraction averages to 0, which leaves
# $\mathbb E[\log w] \le \log \mathbb E[w]$.

# %% [markdown]
# **Swap**, and pay:
#
# $$\log p(x) \;\ge\; \mathbb E_q\Big[\log \frac{p(x, z)}{q(z|x)}\Big] \;=:\; \mathrm{ELBO}(x),$$
#
# the **evidence lower bound**. Now the logarithm can be split, with $p(x, z) = p(x|z)\,p(z)$:
#
# $$\mathrm{ELBO}(x) = \mathbb E_q\big[\log p(x|z) + \log p(z) - \log q(z|x)\big].$$
#
# The last two terms are a KL divergence with its sign turned round (lesson 02:
# $\mathrm{KL}(q\,\|\,p) = \mathbb E_q[\log q - \log p]$):
#
# $$\boxed{\;\mathrm{ELBO}(x) = \mathbb E_q\big[\log p(x|z)\big] - \mathrm{KL}\big(q(z|x)\,\|\,p(z)\big)\;}$$
#
# The KL has a closed form, and the average is estimated by drawing $z$ from $q$.

# %% [markdown]
# ## Second derivation: where the gap goes
#
# Jensen says that something is lost, but not what. So ask how far $q$ is from the true posterior $p(z|x)$:
#
# $$\mathrm{KL}\big(q(z|x)\,\|\,p(z|x)\big) = \mathbb E_q\big[\log q(z|x) - \log p(z|x)\big].$$
#
# By Bayes' rule $p(z|x) = p(x, z) / p(x)$, so $\log p(z|x) = \log p(x, z) - \log p(x)$:
#
# $$= \mathbb E_q\big[\log q(z|x) - \log p(x, z) + \log p(x)\big].$$
#
# The first two terms average to $-\mathrm{ELBO}$ (the line that was split), and $\log p(x)$, which has no $z$, to itself:
#
# $$\mathrm{KL}\big(q(z|x)\,\|\,p(z|x)\big) = -\mathrm{ELBO}(x) + \log p(x).$$
#
# $$\boxed{\;\log p(x) = \mathrm{ELBO}(x) + \mathrm{KL}\big(q(z|x)\,\|\,p(z|x)\big)\;}$$

# %% [markdown]
# No inequality anywhere, and three things follow:
#
# * a KL is never negative, so $\mathrm{ELBO} \le \log p(x)$: the bound again, this time without Jensen;
# * the gap is 0 exactly when $q$ *is* the posterior;
# * changing the encoder leaves $\log p(x)$ where it is: what it adds to the ELBO it takes from the gap. Changing the decoder moves
#   both, and when the ELBO rises, it alone does not say whether the model got better or the gap smaller.
#
# Whenever you say KL, say "to what?": to the **prior** it is a part of the ELBO; to the **posterior** it is the gap, which we
# usually cannot compute.
#
# <details><summary>Where this bound comes from</summary>
#
# *EM* (Dempster, Laird, Rubin, 1977) raises it in turns, first in $q$ and then in the model: seen so by Neal and Hinton (1998). The
# *Helmholtz machine* (Dayan, Hinton, Neal, Zemel, 1995) lets a network answer with $q$ for every $x$, trained by *wake-sleep* (Hinton
# and others, 1995), which lowers the other KL for $q$. In 2013 and 2014 Kingma and Welling, and Rezende, Mohamed and Wierstra, trained
# both networks by the same bound, with the gradient of lesson 01.
# </details>

# %% [markdown]
# Check it in a pencil world: the two boxes of lesson 00, a red ball, $q$ still undecided at ½.

# %%
first_box, second_box = 0.5 * 0.2, 0.5 * 0.9  # p(box, red) = p(box) p(red | box)
evidence = first_box + second_box
q = 0.5
elbo = q * math.log(first_box / q) + q * math.log(second_box / q)
gap = q * math.log(q / (first_box / evidence)) + q * math.log(q / (second_box / evidence))
print(f"ELBO {elbo:.4f} + gap {gap:.4f} = {elbo + gap:.4f}      log p(red) = {math.log(evidence):.4f}")

# %% [markdown]
# And with real digits. With only **two** latent dimensions, as in `v1_z2`, the sum over $z$ can be done on a fine grid: $\log p(x)$
# is known up to its spacing, with no chance in it.

# %%
small = given.trained("v1_z2")
first = [int((test.labels == digit).nonzero()[0]) for digit in range(10)]  # the first test image of each digit
digits = x_test[first]  # (10, 784)
posterior.gap_bars(small, digits, [f"a {digit}" for digit in range(10)])

# %% [markdown]
# The ELBO never ends right of the dashed line. How far left depends on the image: for some digits the encoder hits the posterior
# well, for others it is a nat or two away.
#
# One image from close by: $\log w$, the quantity inside the average, for many $z$ drawn from $q$.

# %%
posterior.log_weight_histogram(small, digits[2])

# %% [markdown]
# The ELBO is the middle (the mean) of the heap. $\log p(x)$ lies to its right, as the log of the *mean weight*, in which large
# weights count most: the wider the heap, the further apart the two. If $q$ were the posterior, all weights would be equal,
# $w = p(x)$, and the heap a single spike.

# %% [markdown]
# ## Signs: from ELBO to NELBO
#
# Optimisers minimise, so we turn the sign round and get the **n**egative ELBO:
#
# $$\mathrm{NELBO}(x) = \underbrace{\mathrm{KL}\big(q(z|x)\,\|\,p(z)\big)}_{\texttt{kl}} \;\underbrace{-\;\mathbb E_q\big[\log p(x|z)\big]}_{\texttt{rec}}$$
#
# | name | is | sign | in words |
# | --- | --- | --- | --- |
# | `kl` | $\mathrm{KL}(q\,\Vert\,p(z))$ | ≥ 0 | nats that $q$ spends on saying *which* $z$ |
# | `rec` | $-\mathbb E_q[\log p(x \mid z)]$ | ≥ 0 for black-and-white pixels: a probability is at most 1, so its log at most 0 | nats that are still missing once $z$ is known |
# | `nelbo` | `kl + rec` | ≥ $-\log p(x)$ ≥ 0 | what the image costs in all |
#
# The minus sign belongs *to* `rec`; with it inside, the two terms are added. (A published text that lesson 07 reads writes
# $\mathrm{NELBO} = \mathrm{KL} + \mathbb E_q[\log p(x|z)]$, which would make reconstructions as *bad* as possible.)
#
# The terms pull against each other. `rec` alone would like a needle at a place of its own for each image; `kl` alone would like the
# prior for all of them, which says nothing.
#
# Each image has its NELBO, summed over pixels and latent dimensions; a batch's is the **mean** over its images.

# %% [markdown]
# ## The six steps
#
# In code the formula becomes six steps, always in this order:

# %%
figures.six_steps()

# %% [markdown]
# Two ways lead from `m, v` to the sum: the KL needs no draw, `rec` needs $z$. The batch is averaged once, at the end.
#
# | | step | gives | shape | from |
# | --- | --- | --- | --- | --- |
# | 1 | **encode** the images | $m, v$ of $q(z \mid x)$ | `(batch, z_dim)` each | `self.enc` |
# | 2 | **sample** one $z$ for each image | $z$ | `(batch, z_dim)` | lesson 01 |
# | 3 | **KL** to the prior, in closed form | KL of each image | `(batch,)` | lesson 02 |
# | 4 | **rec**: decode $z$ and score the image | $-\log p(x \mid z)$ of each image | `(batch,)` | lesson 03 |
# | 5 | **sum** | NELBO of each image | `(batch,)` | |
# | 6 | **return** the batch means | `nelbo, kl, rec` | three scalars | |
#
# ### A class with the networks in it
#
# `given.VAE` has the networks and the prior, nothing else; you derive a class from it and write methods. Here is one with a method
# that is *not* the bound: it replaces an image by its reconstruction.


# %%
class Mirror(given.VAE):
    def reconstruct(self, x):
        """What the decoder makes of each image's mean: probabilities of ink, (batch, 784)."""
        m, v = self.enc(x)  # (batch, z_dim) each: mean and variance of q(z|x)
        logits = self.dec(m)  # (batch, 784)
        return torch.sigmoid(logits)


mirror = Mirror(nn="v1", z_dim=20)  # untrained
x = x_test[:64]
m, v = mirror.enc(x)
prior_m, prior_v = mirror.z_prior
print("x     ", tuple(x.shape))
print("m, v  ", tuple(m.shape), tuple(v.shape))
print("logits", tuple(mirror.dec(m).shape))
print("prior ", tuple(prior_m.shape), tuple(prior_v.shape), "  they broadcast over batch and z_dim")
print(f"the first image's middle pixel: {mirror.reconstruct(x)[0, 406].item():.2f}")

# %% [markdown]
# `self.enc(x)` gives mean and *variance*, `self.dec(z)` gives *logits*, `self.z_prior` the prior's mean and variance. From earlier
# lessons you have
#
# ```
# given.sample_gaussian(m, v)                    # (batch, z_dim) -> (batch, z_dim)
# given.kl_normal(qm, qv, pm, pv)                # (batch, z_dim) -> (batch,)
# given.log_bernoulli_with_logits(x, logits)     # (batch, 784)   -> (batch,)
# ```

# %% [markdown]
# {{ exercise VAE.negative_elbo_bound VAE.loss }}
#
# **Goal.** Two methods in one class. **Exercise 4.1** (30 minutes, 11 points) is `negative_elbo_bound`: it walks the six steps and
# returns the bound and its two terms. **Exercise 4.2** (5 minutes, 1 point) is `loss`: it calls the bound, and returns what
# training minimises together with a dictionary of what is worth plotting.
#
# $$\texttt{nelbo} = \texttt{kl} + \texttt{rec}, \qquad \texttt{kl} = \mathrm{KL}\big(q(z|x)\,\|\,p(z)\big), \qquad
# \texttt{rec} = -\log p(x|z), \quad z \sim q(z|x)$$
#
# `loss` returns `(nelbo, {...})` with the keys `"train/loss"` (the NELBO), `"gen/elbo"` (the ELBO: mind the sign), `"gen/kl_z"` and
# `"gen/rec"`.

# %% [markdown]
# **Shapes.** In: `x` `(batch, 784)`, values in [0, 1]. Out: `nelbo, kl, rec`, three scalars in nats. The KL is summed over the
# latent dimensions, the reconstruction over the pixels (the given functions do both); then each is averaged over the batch.
#
# The prior is `pm, pv = self.z_prior`. ($N(0, I)$ in its place costs nothing here, and a point in lesson 05.) Return what training
# can differentiate: no `.item()`. `kl` may be the closed form or an estimate from draws that is right on average; the closed form
# scatters less, and trains the better model below.


# %%
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        """The negative ELBO and its two terms, from one z per image.

        x: (batch, 784). Returns nelbo, kl, rec: scalars in nats, nelbo = kl + rec.
        """
        ### BEGIN SOLUTION
        m, v = self.enc(x)  # (batch, z_dim) each
        z = given.sample_gaussian(m, v)  # (batch, z_dim)
        kl = given.kl_normal(m, v, *self.z_prior)  # (batch,)
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))  # (batch,)
        nelbo = kl + rec  # (batch,)
        return nelbo.mean(), kl.mean(), rec.mean()
        ### END SOLUTION

    def loss(self, x):
        """What training minimises, and a dictionary of what is worth plotting.

        x: (batch, 784). Returns nelbo, {"train/loss": ..., "gen/elbo": ..., "gen/kl_z": ..., "gen/rec": ...}.
        """
        ### BEGIN SOLUTION
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}
        ### END SOLUTION


# %%
check(VAE.negative_elbo_bound)

# %%
check(VAE.loss)

# %%
if solved(VAE.negative_elbo_bound):
    torch.manual_seed(0)
    x = x_test[:2_000]
    with torch.no_grad():
        nelbo, kl, rec = VAE(nn="v1", z_dim=20).negative_elbo_bound(x)
        print(f"an untrained model:           nelbo {nelbo:.1f} = kl {kl:.1f} + rec {rec:.1f}")
        print(f"target:                       about 784 ln 2 = {784 * math.log(2):.1f}, nearly all of it rec")
        nelbo, kl, rec = given.trained("v1_z20", VAE).negative_elbo_bound(x)
        print(f"a trained one, by your bound: nelbo {nelbo:.1f} = kl {kl:.1f} + rec {rec:.1f}")
    target = evaluate(good, x)
    print(f"target, by the course:        nelbo {target.nll:.1f} = kl {target.kl:.1f} + rec {target.rec:.1f}")
else:
    print("Here your bound will be computed for an untrained and for a trained model, beside the course's own figure.")

# %% [markdown]
# <details><summary>I get "Your bound is" a number far below the expected one instead of a match</summary>
#
# Look at the signs. `rec` is *minus* the log-probability and is about 80 for a trained model; `kl` is added to it. If `rec` is
# negative, the minus sign is missing.
# </details>
#
# <details><summary>I get "Your bound has shape (5,)" instead of a number</summary>
#
# The sixth step is missing: `.mean()` over the images, for each of the three.
# </details>
#
# <details><summary>I get "the right one divided by" z_dim or 784 instead of a sum</summary>
#
# Somewhere an average took the place of a sum. The given functions sum over latent dimensions and pixels already. If you wrote the
# terms yourself: sum over the last axis, then average over the batch.
# </details>
#
# <details><summary>I get "The z that you decode have mean ... and standard deviation ..." instead of a pass</summary>
#
# Is `z` drawn anew for every image, by `given.sample_gaussian(m, v)`? And is `v` used as a variance?
# </details>
#
# <details><summary>I get "Your bound carries no gradient" instead of a pass</summary>
#
# `.item()`, `.detach()`, `float(...)` or `torch.no_grad()` cut the graph. Return tensors.
# </details>

# %% [markdown]
# Stuck? `hint("VAE.negative_elbo_bound")` goes one step at a time.
#
# **Think.** `kl` is exact and `rec` comes from a single draw. Could `kl` be estimated from the same $z$, as
# $\log q(z|x) - \log p(z)$? Would the bound still be right?
#
# <details><summary>Answer</summary>
#
# Yes: on average over $z$ it is the same number, so the NELBO would be right on average and so would its gradient. Single values of
# `kl` could be negative (lesson 02). The scatter of the whole would be another one; where $q$ is close to the posterior it would
# even be smaller, because then $\log w$ is nearly constant. For a model that is still learning it is larger, and that costs a
# little in the training below: 100.4 nats instead of 99.1, when we tried. The check accepts it. Lesson 05 *has* to do it that way.
# </details>

# %% [markdown]
# ## One z per image
#
# `rec` is an average over all $z$ under $q$, and we take *one*. **Is that right?** On average, yes. The mean of one draw's
# $-\log p(x|z)$ over all draws *is* `rec`, by the definition of $\mathbb E_q$; with the trick of lesson 01 the same holds for its
# gradient. There is only scatter.

# %% [markdown]
# **Would a second draw pay?** Let $s_x^2$ be the variance between images (each averaged over its $z$) and $s_z^2$ that between
# draws for one image. With $K$ draws for each of $B$ images, the encoder runs once for an image and the decoder once for a draw. If
# both cost the same, a step costs $C = B(1 + K)$, and the mean over the batch has the variance
#
# $$\frac{1}{B}\Big(s_x^2 + \frac{s_z^2}{K}\Big) = \frac{1 + K}{C}\Big(s_x^2 + \frac{s_z^2}{K}\Big).$$
#
# At a given cost, compare $(1 + K)(s_x^2 + s_z^2 / K)$. And the variance of *what*? Training follows the gradient, not the value.
#
# *Predict first*: which is larger, the scatter between images or that between draws? In the NELBO itself, in its gradient to the
# encoder, and to the decoder?

# %%
if solved(VAE.negative_elbo_bound):
    torch.manual_seed(0)
    spreads = scatter.of_bound(given.trained("v1_z20", VAE), x_test[:300])
    print("variance                      draws / images |   at equal cost, against K = 1:   K = 2   K = 5")
    for name, (draws, images) in spreads.items():
        cost = {K: (1 + K) * (images + draws / K) for K in (1, 2, 5)}
        print(f"{name:30s}  {draws / images:11.2f} |  {cost[2] / cost[1]:36.2f} {cost[5] / cost[1]:7.2f}")
else:
    print("Here your bound will measure the scatter of its value and of its gradients.")

# %% [markdown]
# By its value, a second draw is waste: images differ far more. But the gradient to the encoder passes *through* $z$: there draws
# scatter several times as much as images, and two draws beat one a little. In the gradient to the decoder they scatter less, and
# two draws lose a fifth. At equal cost, one draw with more images is a fair choice, and the usual one.
#
# <details><summary>And for the same number of passes over the images?</summary>
#
# Then more draws help, and cost more: in lesson 07, five draws instead of one take off about a nat in 24 passes, for twice the
# time. (In lesson 05 several draws do more, because they enter inside the logarithm.)
# </details>

# %% [markdown]
# ## A training step
#
# `backward()` finds the slope of a loss in every parameter; it lands in the parameter's `.grad`. Take the loss $3w$, whose slope is
# 3, and call it twice.

# %%
predict("04.grad-twice")

# %%
w = torch.tensor(1.0, requires_grad=True)
(3 * w).backward()
print("after one backward: ", w.grad.item())
(3 * w).backward()
print("after two backwards:", w.grad.item())

# %%
predict("04.grad-twice").was()

# %% [markdown]
# So training repeats four lines: compute the loss; forget the old slopes; find the new ones; move the parameters a little downhill.
#
# An optimiser, such as `torch.optim.Adam(model.parameters())`, does two of the four for all parameters of a model:
# `optimizer.zero_grad()` forgets the old slopes, and `optimizer.step()` moves each parameter by the slope in its `.grad`.

# %% [markdown]
# {{ exercise training_step }}
#
# **Goal.** One step of training: forget the old gradients, compute new ones from the model's loss, let the optimiser move; return
# the loss.
#
# $$\theta \leftarrow \theta - \text{rate} \cdot \frac{\partial\,\mathrm{loss}}{\partial \theta}$$
#
# ($\theta$: all parameters of encoder and decoder. The minus sign makes it a step downhill; Adam chooses a rate for each
# parameter.)
#
# **Shapes.** In: `model` with your method `loss`, `x` `(batch, 784)`, and `optimizer`, which holds the model's parameters. Out: the
# loss, a scalar (a tensor or a plain number). Nothing is summed or averaged here: `model.loss(x)` has done it.


# %%
def training_step(model, x, optimizer):
    """One step of training on the batch x. Returns the loss before the step."""
    ### BEGIN SOLUTION
    loss, _ = model.loss(x)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %%
check(training_step)

# %% tags=["nbval-ignore-output"]
if solved(training_step) and solved(VAE.loss):
    torch.manual_seed(0)
    model = VAE(nn="v1", z_dim=20)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for step in range(1, 101):
        batch = train.images[torch.randint(len(train.images), (100,))]  # 100 images at random
        loss = training_step(model, binarize(batch), optimizer)  # black and white, drawn anew each time
        if step in (1, 10, 30, 100):
            print(f"step {step:3d}: {loss:.0f} nats per image")
    print("It fell, as it should: from about 543 to below 250." if loss < 250 else "It should be below 250 by now.")
else:
    print("Here your step will be taken 100 times; the loss should fall from 543 to below 250.")
### BEGIN BUILD ONLY
assert loss < 250
### END BUILD ONLY

# %% [markdown]
# <details><summary>I get "The weights never move" instead of a step</summary>
#
# Is `backward()` called, and *then* `optimizer.step()`? If `zero_grad()` stands between them, the slopes are gone before they are
# used.
# </details>
#
# <details><summary>I get "The first step is right, later ones are not" instead of a pass</summary>
#
# `optimizer.zero_grad()` is missing: the slopes add up.
# </details>
#
# <details><summary>I get "'tuple' object has no attribute 'backward'" instead of a step</summary>
#
# `model.loss(x)` returns two things. Unpack them.
# </details>

# %% [markdown]
# **Think.** The images are drawn in black and white anew at every step. What would change if it were done once, before training?
#
# <details><summary>Answer</summary>
#
# The model would see the same 50,000 fixed patterns again and again and could learn their accidental specks by heart. Thrown anew,
# hardly any image comes twice in the same form. The figures of the two ways are not comparable (lesson 03).
# </details>

# %% [markdown]
# ## Train it
#
# `fit` is your step in a loop: batches of 100 at random, black and white drawn anew, Adam, a learning rate that rises over the
# first 100 steps and then falls to 0. It records your dictionary at every step. Then `evaluate` measures on test images, ± one
# *standard error*: how much the mean would scatter with other images.
#
# *Predict first*, on paper: sketch `rec` and `kl` against the step. The numbers of an untrained and of a trained model stand above.
# Does each term go from one to the other without turning?

# %% tags=["nbval-ignore-output"]
if solved(VAE.negative_elbo_bound) and solved(VAE.loss):
    torch.manual_seed(0)
    model = VAE(nn="v1", z_dim=20)
    watch = figures.Watch(model, digits)
    curves = fit(model, train, steps=2_600, callback=watch, progress=False)
    result = evaluate(model, x_test)  # all 10,000 test images
    nats = result.nll
    print(f"test NELBO {nats:.1f} nats = kl {result.kl:.1f} + rec {result.rec:.1f}   (± {result.standard_error:.1f})")
    if nats < 100:
        print("Below 100: that was the promise.")
    elif len(curves) < 2_600:
        print(f"Above 100 nats, after {len(curves):,} of 2,600 steps: run the cell again and let it finish.")
    else:
        print(
            "Above 100 nats. Estimating kl by draws costs a little here. More than 102? Then check your bound once more."
        )
else:
    curves, nats = None, None
    print("When your bound and your loss pass, a VAE learns here, in about half a minute.")
### BEGIN BUILD ONLY
assert nats < 100
### END BUILD ONLY

# %%
if curves:
    figures.learning_curves(curves)
else:
    print("The curves of nelbo, kl and rec will appear here.")

# %% [markdown]
# `rec` falls steeply to the mean-pixel model (206 nats), and then on and on, while the KL *rises*: what $z$ costs, `rec` wins back
# several times over. A healthy VAE buys reconstruction with KL. So a rising KL is good news, and "the loss is falling" says nothing
# about whether $z$ is used.
#
# And the KL's spike at the beginning (higher than it looks: each point is the mean of the last 25 steps)? The KL contains
# $\tfrac12 \sum m^2$ (lesson 02). Split it: what part of $m$ is the same for all images, and what part differs?

# %% tags=["nbval-ignore-output"]
if curves:
    print(watch.what_m_costs())
else:
    print("Here the first 300 steps are looked at more closely.")
### BEGIN BUILD ONLY
assert watch.moves[20][0] > watch.moves[20][1] and watch.moves[300][0] < watch.moves[300][1]
### END BUILD ONLY

# %% [markdown]
# The spike is no knowledge about images. The encoder sends *all* of them to one far place, where the decoder paints something like
# the average image; once it paints that without help, the move is given back. The later KL differs from image to image: now $z$
# says something.

# %%
if curves:
    watch.pictures()
else:
    print("Reconstructions and samples, from step 1 to step 2,600, will appear here.")

# %% [markdown]
# First grey noise; then one blurred average for everybody (step 40); then the reconstructions become different from each other. The
# samples, from the same ten $z$ in each row, lag behind.

# %% [markdown]
# ## Train against test
#
# The NELBO printed above is for *test* images, which training never touched. Is the model better on the images that it learned
# from?

# %% tags=["nbval-ignore-output"]
if curves:
    x_train = binarize(train.images[:10_000], torch.Generator().manual_seed(1))
    seen = evaluate(model, x_train).nll
    print(f"training images {seen:.1f} nats, test images {nats:.1f} nats")
else:
    print("Here both numbers will be compared.")
### BEGIN BUILD ONLY
assert abs(nats - seen) < 5
### END BUILD ONLY

# %% [markdown]
# Each training image was seen about five times (2,600 steps of 100), too seldom to be learned by heart. Now take only 100 images,
# and let each be seen 500 times.

# %%
if curves:
    valid = load_mnist("valid").images[:500]
    torch.manual_seed(0)
    overfitted = fit(VAE(nn="v1", z_dim=20), train.images[:100], steps=500, valid=valid, valid_every=50, progress=False)
    figures.train_and_valid(overfitted)
else:
    print("Here a model will learn 100 images by heart.")

# %% [markdown]
# The loss on its own images goes on falling, while the loss on other images turns (at the square) and rises. Both are right bounds;
# only the dashed one speaks about digits in general. **Report test numbers**, and stop, or take more data, when the dashed curve
# turns.

# %% [markdown]
# ## What does z know?
#
# Two latent dimensions can be drawn. Each numeral is a test digit, at the mean $m$ of the $q(z|x)$ that the encoder of `v1_z2`
# gives it.

# %%
figures.latent_plane(small, x_test, test.labels)

# %% [markdown]
# Nobody told the model about digits, and yet they gather; 4, 7 and 9, which look alike, overlap, and so do 3, 5 and 8. Most of the
# plane within two standard deviations is filled, as the prior asks.

# %%
predict("04.plane")

# %%
for name in ("v1_z2", "v1_z20"):
    print(f"{name:6s}  {evaluate(given.trained(name), x_test)}")

# %%
predict("04.plane").was()

# %% [markdown]
# ## A real posterior
#
# Now the gap itself. Shaded is the exact posterior of one digit, from the grid; the line is the encoder's $q$. The dotted line is
# the best Gaussian of this kind that 60 steps of optimisation find for *this very image*, from the posterior's top, by the ELBO's
# slope in $m$ and $v$ alone. Try the digits.


# %%
def look_at(digit):
    posterior.beside_q(small, digits[digit])


explore(look_at, digit=[3, 0, 1, 2, 4, 5, 6, 7, 8, 9])

# %% [markdown]
# The posterior may be tilted or bent, or fall into islands, and $q$ is one axis-parallel ellipse. The bar splits the gap:
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

# %%
posterior.beside_q(small, x_test[149])

# %% [markdown]
# Most images have a small gap, and a few odd ones a huge one, which carry the mean. For this 2 the encoder points beside the
# posterior altogether. The *decoder* has a far better place for it (no good one: even $\log p(x)$ is low); the encoder, which has
# never seen such a 2, does not know where, and nearly all of the gap is amortisation.

# %% [markdown]
# ## Collapse
#
# Sometimes the KL falls to 0 and stays there: $q$ is the prior for every image, $z$ says nothing, and a decoder like ours paints
# the average digit. This is **posterior collapse**. It has three causes; two need different cures, one needs none.
#
# ### 1 · The KL weighs too much
#
# One `.mean` in the wrong place is enough. The right bound sums over 784 pixels and 20 latents. With *your* bound we train two
# wrong models: one averages the pixels, the other the latents. (`fit` minimises what `objective` returns, if given one.)


# %%
def pixels_averaged(model, x):
    nelbo, kl, rec = model.negative_elbo_bound(x)
    return kl + rec / 784, {"true kl": kl}


def latents_averaged(model, x):
    nelbo, kl, rec = model.negative_elbo_bound(x)
    return kl / 20 + rec, {"true kl": kl}


if curves:
    kls = {"all summed": curves["gen/kl_z"][:200]}  # the beginning of the run above
    for name, objective in {"mean over pixels": pixels_averaged, "mean over latents": latents_averaged}.items():
        torch.manual_seed(0)
        kls[name] = fit(VAE(nn="v1", z_dim=20), train, objective=objective, steps=200, progress=False)["true kl"]
    figures.three_means(kls)
else:
    print("Here two models will train that differ from yours in one .mean.")

# %% [markdown]
# Averaged over pixels, `rec` weighs 784 times less, as if the KL weighed 784 times more ($\beta = 784$): $z$ is too expensive and
# is not used. Averaged over latents ($\beta = 1/20$) it is cheap and is squandered, the opposite of a collapse. In neither case is
# the minimised number a bound on $-\log p(x)$: do not report it.
#
# **Cure: weigh the terms rightly.** A small weight that is raised slowly ("warm-up") is no cure here: the weight that training ends
# on is still wrong.

# %% [markdown]
# ### 2 · z is not needed
#
# Here collapse is *no* error. Take data in two dimensions: a long narrow cloud (standard deviations 2 and 0.5), turned by an angle;
# at 0° it lies along the axes. The decoder may give each coordinate its own mean and variance, as a function of one $z$; *given*
# $z$ they are independent. Turn the cloud, and watch the KL.

# %%
explore(wrong_models.collapse_toy, angle=(45, 0, 45, 5))

# %%
for angle in (0, 45):
    kl, nelbo, best = wrong_models.collapse_numbers(angle)
    print(f"{angle:2d}°: KL {kl:.2f}   NELBO {nelbo:.3f}   best possible {best:.3f}")

# %% [markdown]
# At 45° the coordinates depend on each other, independent ones cannot imitate that, and $z$ carries what they share: the blue line
# runs along the cloud. At 0° the decoder can paint the cloud without any $z$: a collapsed model is an optimum. The trained one kept
# a small KL (0.16 nats), which brings nothing: its NELBO is as good as any model's can be.
#
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
# plain one, with each pixel's logit also told the pixels before it, row by row (an *autoregressive* decoder).
#
# <details><summary>How that is written, and where the models come from</summary>
#
# The plain decoder's `logits` become `logits + x @ torch.tril(W, -1).T`, with a matrix `W` of 784 × 784 weights.
# `torch.tril(W, -1)` sets all entries of `W` on and above the diagonal to 0, so that each pixel hears of the pixels before it, and
# of no other. It is a recording of 3,000 steps each: `vae_course/teach/authoring/nelbo_data.py`.
# </details>

# %%
predict("04.smallest-kl")

# %%
for name in ("plain", "deeper", "autoregressive"):
    kl, nelbo = wrong_models.decoder_numbers(name)
    print(f"{name:15s} KL {kl:5.1f}   NELBO {nelbo:6.1f}")

# %%
predict("04.smallest-kl").was()

# %% [markdown]
# The deeper decoder also pays less KL, and gains only two nats: given $z$ its pixels are as independent as the plain one's, so
# whatever they have in common must still go through $z$. Layers alone do not make a decoder strong in this sense.

# %% [markdown]
# ### 3 · Training is caught in a trap
#
# In your pictures, at step 40 the decoder paints the average and ignores $z$. As long as it does, $z$ brings nothing, and the KL
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
# ## Say it again
#
# Both derivations are some time ago. Recall the first.

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

# %%
wrong_models.case_files()

# %% [markdown]
# Left, how high do `rec` and `kl` end (the scale is logarithmic above 1)? Right, do the reconstructions differ from image to image,
# and are the samples digits?

# %% [markdown]
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
    print(wrong_models.fingerprints())
    print("sum: rec + kl in every row, also where the wrong code made something else small.")
else:
    print("When your answer passes, the fingerprints of all twelve mistakes appear here.")

# %% [markdown]
# ## Summary
#
# * $\log p(x) = \mathrm{ELBO} + \mathrm{KL}(q(z|x)\,\|\,p(z|x))$. Jensen shows that the ELBO is a bound, the second derivation what
#   is missing.
# * $\mathrm{NELBO} = \mathrm{KL}(q(z|x)\,\|\,p(z)) - \mathbb E_q[\log p(x|z)]$ = `kl + rec`, both terms ≥ 0 for black-and-white
#   images. Summed over pixels and latents, averaged over images.
# * Encode, sample, KL, rec, sum, return. One $z$ per image is right on average, and a fair choice.
# * A model that learns buys reconstruction with KL. KL = 0 has three possible causes, and not all are errors.
# * Report test numbers, computed by a formula that did not train the model. A bound that is too good is a bug.

# %% [markdown]
# In the map of the course our model stands at −543.4 nats no longer. Lesson 05 improves the number by a tighter bound, without
# touching the model. It takes `v1_z20`, trained for longer, and 500 test images: do not compare its number with yours. What a bound
# buys is seen only on the same model and images:

# %%
same = x_test[:500]
nelbo, tighter = evaluate(good, same, "elbo", iw=4), evaluate(good, same, "iwae", iw=100)
print(f"v1_z20 on 500 images: NELBO {nelbo.nll:.1f} nats, by a tighter bound {tighter.nll:.1f} nats")

# %% [markdown]
# Some 3 nats, for the same model. The rest of the distance to lesson 05 comes from longer training, and from these 500 images,
# easier than the average.

# %% [markdown]
# ## Check your progress

# %% tags=["nbval-ignore-output"]
progress(nats=nats)
### BEGIN BUILD ONLY
assert nats < 784 * math.log(2)
### END BUILD ONLY

# %% [markdown]
# ## Where people get stuck
#
# | you see | the reason |
# | --- | --- |
# | the loss falls below zero and never stops | a sign: `rec` is missing its minus, or the KL is subtracted |
# | all reconstructions look alike, `kl` is 0 | $z$ is not used: `rec` averaged over pixels, $z$ detached or drawn from the prior |
# | the loss stops at 543 | a sigmoid before the function that expects logits |
# | sharp reconstructions, samples of rubbish | the KL is missing, or far too cheap |
# | a bound well below 90 nats after a short training | too good: no noise, mean over pixels, mean over latents |
# | `loss` is a vector | the mean over the batch is missing |
# | `Expected all tensors to have the same dtype` or a complaint about bytes | the images are bytes: `binarize(images)` first |
# | nothing is learned, no error | `.detach()`, `torch.no_grad()`, or `optimizer.step()` without `backward()` |
#
# **Group task** (rooms, 15 minutes). Each pair puts one bug of its own into `negative_elbo_bound`, trains 300 steps with `fit`, and
# shows the others only curves and samples. They guess. Which bug does nobody find, and what single number would have given it away?

# %% [markdown]
# ## Blank page
#
# Close the notebook, take paper, ten minutes: both derivations, a reason beside each line; the table of signs; the six steps as
# code, with shapes; the three collapses. Then compare. What was missing goes onto tomorrow's page.

# %% [markdown]
# ## Further reading
#
# * D. Kingma, M. Welling, *Auto-Encoding Variational Bayes*, ICLR 2014, sections 2.2 and 2.3: your bound is its equation (10), with
#   the signs turned.
# * D. Blei, A. Kucukelbir, J. McAuliffe, *Variational Inference: A Review for Statisticians*, 2017: the same bound without a
#   network, $q$ found for each $x$ by itself.
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
