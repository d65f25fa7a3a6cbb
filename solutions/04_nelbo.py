# %% [markdown] tags=["slide"]
# # 04 · The NELBO
#
# The pieces are ready: a draw that lets gradients through, a KL divergence, the log-probability of an image. Here the same twelve
# random $z$ are decoded twice, by a model that has been trained and by one of the same design that has not. Run the cell.

# %% tags=["slide"]
import math

import torch

from vae_course import binarize, check, evaluate, fit, given, hint, load_mnist, predict, progress, solution, solved
from vae_course.figures import nelbo as figures
from vae_course.figures import posterior, scatter
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
# `VAE.negative_elbo_bound(x)`, six steps in about six lines; `VAE.loss(x)` around it; `training_step`, and the loop around that. Then
# you train a VAE on the 50,000 training digits of MNIST to below **100 nats** per test image (a little more, if you estimate the KL by
# draws). After this lesson you can
#
# * derive the ELBO in two ways, and say what each shows that the other does not;
# * write the bound from memory: signs, shapes, what is summed and what averaged;
# * say what one $z$ per image is right for, and what it costs;
# * train a model, and read its curves.

# %% [markdown]
# ## Before you start
#
# About 105 minutes, in two sittings: 58 of reading and playing, 47 of exercises; the optional one takes 10 more. Stop after exercise
# 4.2. **Short path** (workshop, 55 minutes): run the cells in turn, and read the first derivation, the boxed line of the second, the signs,
# the six steps, exercises 4.1 and 4.2, "Train it", the summary.
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
# 3. (Full path.) A colleague *averages* the reconstruction term over the 784 pixels. To which $\beta$ in
#    $\beta \cdot \mathrm{kl} + \mathrm{rec}$ is that the same?
#
# <details><summary>Answers</summary>
#
# 1. $\sum_i \big[x_i \log p_i + (1 - x_i) \log(1 - p_i)\big]$ over the pixels $i$, with $p_i$ the pixel's probability of being 1:
#    the pixels are independent *given* $z$, so their probabilities multiply and the logarithms add.
# 2. $784 \ln 2 = 543.4$ nats. That is where "our model" stands.
# 3. $\beta = 784$: the KL weighs 784 times as much as it should. You saw in lesson 03 what that does, and
#    lesson 04b gives it a name.
# </details>

# %%
train = load_mnist("train")
test = load_mnist("test")
x_test = binarize(test.images, torch.Generator().manual_seed(1))  # (10000, 784), each pixel 0 or 1
print("training images:", len(train.images), "  test images:", tuple(x_test.shape))

# %% [markdown] tags=["slide"]
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

# %% tags=["slide"]
good = given.trained("v1_z20")  # 20 latent dimensions; never saw the test images
torch.manual_seed(0)
z = torch.randn(10_000, 20)  # from the prior
with torch.no_grad():
    log_p = given.log_bernoulli_with_logits(x_test[6], good.dec(z))  # (10000,)
print(f"10,000 draws from the prior:  log p(x) ≈ {given.log_mean_exp(log_p, dim=0):.0f} nats")
print(
    f"with the encoder's help:      log p(x) ≥ {evaluate(good, x_test[6:7], iw=10).bound:.0f} nats"
)  # ten draws of z, averaged

# %% [markdown]
# Hardly any of the 10,000 random $z$ makes an image like this one. The dice of lesson 00 are right on average, and nearly all of that
# average sits in draws that are too rare to occur: what comes out is far too low. The encoder points at the right region. But if $z$ no longer comes from the prior, the average is no longer $p(x)$. The ELBO
# makes up for that.

# %% [markdown] tags=["slide"]
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

# %% tags=["slide"]
explore(figures.jensen, share=(0.5, 0.0, 1.0, 0.05))

# %% [markdown] tags=["slide"]
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

# %% [markdown] tags=["slide"]
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

# %% [markdown] tags=["slide"]
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

# %% [markdown] tags=["slide"]
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

# %% tags=["slide"]
small = given.trained("v1_z2")
first = [int((test.labels == digit).nonzero()[0]) for digit in range(10)]  # the first test image of each digit
digits = x_test[first]  # (10, 784)
posterior.gap_bars(small, digits, [f"a {digit}" for digit in range(10)])

# %% [markdown]
# The ELBO never ends right of the dashed line. How far left depends on the image: for some digits the encoder hits the posterior
# well, for others it is a nat or two away.
#
# One image from close by: $\log w$, the quantity inside the average, for many $z$ drawn from $q$.

# %% tags=["slide"]
posterior.log_weight_histogram(small, digits[2])

# %% [markdown]
# The ELBO is the middle (the mean) of the heap. $\log p(x)$ lies to its right, as the log of the *mean weight*, in which large
# weights count most: the wider the heap, the further apart the two. If $q$ were the posterior, all weights would be equal,
# $w = p(x)$, and the heap a single spike.

# %% [markdown] tags=["slide"]
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
# Papers write $p_\theta(x|z)$ and $q_\phi(z|x)$: $\theta$ are the decoder's weights, $\phi$ the encoder's. *One* encoder answers for
# all images, new ones too, in one pass: inference is **amortised**. (The alternative is to search a good $q$ for each image anew.)

# %% [markdown]
# ## The six steps
#
# In code the formula becomes six steps, always in this order:

# %% tags=["slide"]
figures.six_steps()

# %% [markdown] tags=["slide"]
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

# %% [markdown]
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

# %% [markdown] tags=["slide"]
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
# Look at the signs. `rec` is *minus* the log-probability and is some 60 to 80 for a trained model; `kl` is added to it. If `rec` is
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
# At a given cost, compare $(1 + K)(s_x^2 + s_z^2 / K)$. And the variance of *what*? Training follows the gradient, not the value. (A
# gradient is a long vector; its variance is that of all its entries, added up.)
#
# *Predict first*: in the NELBO itself images surely differ more than draws. And in its gradient to the encoder?

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

# %% [markdown] tags=["slide"]
# ## A training step
#
# `backward()` finds the slope of a loss in every parameter; it lands in the parameter's `.grad`. Take the loss $3w$, whose slope is
# 3, and call it twice.

# %% tags=["slide"]
predict("04.grad-twice")

# %% tags=["slide"]
w = torch.tensor(1.0, requires_grad=True)
(3 * w).backward()
print("after one backward: ", w.grad.item())
(3 * w).backward()
print("after two backwards:", w.grad.item())

# %% tags=["slide"]
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
# $$(\theta, \phi) \leftarrow (\theta, \phi) - \text{rate} \cdot \frac{\partial\,\mathrm{loss}}{\partial (\theta, \phi)}$$
#
# (All parameters of decoder and encoder, each by its own slope. The minus sign makes it a step downhill; Adam chooses a rate for
# each.)
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
    batch = binarize(train.images[:100])
    losses = [training_step(model, batch, optimizer) for _ in range(50)]
    print(f"50 steps on the same 100 images: {losses[0]:.0f} nats before the first, {losses[-1]:.0f} before the last")
else:
    print("Here your step will be taken 50 times on the same 100 images.")
### BEGIN BUILD ONLY
assert losses[-1] < losses[0]
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
# **Think.** The loss that you return belongs to the batch *before* the step. Why not compute it once more afterwards?
#
# <details><summary>Answer</summary>
#
# That costs another pass, and flatters: the model has just moved to please these very images. Before the step they are new to it, as
# far as the throw of their pixels goes, so the loss tells how good it is, not how well it obeyed.
# </details>

# %% [markdown]
# ## The loop, once by hand
#
# One step moves the model a little, on one batch. Training is many steps, each on another batch. Two things are decided here. The
# optimizer is made *once*: Adam remembers earlier slopes. And the pixels are thrown black and white *anew* for each batch, as in
# lesson 03.

# %% [markdown]
# {{ exercise training_loop }}
#
# **Goal.** Train the model: as many times as `steps` says, draw 100 images at random, throw their pixels black and white, and take
# one step of Adam with rate 0.001. Return the losses.
#
# $$\text{loss}_1, \text{loss}_2, \ldots, \text{loss}_{\text{steps}}$$
#
# **Shapes.** In: `model` with a method `loss`; `images`, bytes from 0 to 255, `(n, pixels)`; `steps`. Each batch: `(100, pixels)`,
# zeros and ones, by `binarize`. Out: a list of `steps` numbers, each the loss before its step. Nothing is summed or averaged here:
# the model's loss is a mean over the batch already. Your `training_step` may be called, or its lines written out.


# %%
def training_loop(model, images, steps):
    """Train the model for so many steps of Adam on random batches of 100. Returns the list of losses."""
    ### BEGIN SOLUTION
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(steps):
        batch = images[torch.randint(len(images), (100,))]  # (100, pixels)
        losses.append(training_step(model, binarize(batch), optimizer))
    return losses
    ### END SOLUTION


# %%
check(training_loop)

# %% tags=["nbval-ignore-output"]
if solved(training_loop) and solved(VAE.loss):
    torch.manual_seed(0)
    losses = training_loop(VAE(nn="v1", z_dim=20), train.images, 100)
    for step in (1, 10, 30, 100):
        print(f"step {step:3d}: {losses[step - 1]:.0f} nats per image")
    print(
        "It fell, as it should: from about 543 to below 250." if losses[-1] < 250 else "It should be below 250 by now."
    )
else:
    print("Here your loop will take 100 steps; the loss should fall from 543 to below 250.")
### BEGIN BUILD ONLY
assert losses[-1] < 250
### END BUILD ONLY

# %% [markdown]
# <details><summary>I get "the weights move as with a new optimizer at every step" instead of a pass</summary>
#
# Where is `torch.optim.Adam(...)` called: before the loop, or inside?
# </details>
#
# <details><summary>I get "bytes" or "grey values" instead of a pass</summary>
#
# `binarize(images)` takes bytes and throws each pixel black or white. It belongs inside the loop.
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
# `fit` is the loop of exercise 4.4 with a bar: batches of 100 at random, black and white drawn anew, Adam. It adds a learning rate that rises over
# the first 100 steps and then falls to 0, and it records your dictionary at every step. Then `evaluate` measures on test images, ± one
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

# %% tags=["slide"]
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

# %% tags=["slide"]
if curves:
    watch.pictures()
else:
    print("Reconstructions and samples, from step 1 to step 2,600, will appear here.")

# %% [markdown]
# First grey noise; then one blurred average as everybody's reconstruction (step 40); then they become different from each other. The
# samples, from the same ten $z$ in each row, lag behind: at step 40 some are still grey.

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

# %% tags=["slide"]
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

# %% [markdown] tags=["slide"]
# ## Summary
#
# * $\log p(x) = \mathrm{ELBO} + \mathrm{KL}(q(z|x)\,\|\,p(z|x))$. Jensen shows that the ELBO is a bound, the second derivation what
#   is missing.
# * $\mathrm{NELBO} = \mathrm{KL}(q(z|x)\,\|\,p(z)) - \mathbb E_q[\log p(x|z)]$ = `kl + rec`, both terms ≥ 0 for black-and-white
#   images. Summed over pixels and latents, averaged over images.
# * Encode, sample, KL, rec, sum, return. One $z$ per image is right on average, and a fair choice.
# * A step: loss, forget the old slopes, find the new ones, move. A loop of them, on images drawn anew, is training.
# * A model that learns buys reconstruction with KL. Report test numbers.

# %% [markdown]
# In the map of the course our model stands at −543.4 nats no longer. Lesson 05 improves the number by a tighter bound, without
# touching the model. It takes `v1_z20`, trained for longer, and 500 test images: do not compare its number with yours. What a bound
# buys is seen only on the same model and images:

# %%
same = x_test[:500]
nelbo, tighter = evaluate(good, same, "elbo", iw=4), evaluate(good, same, "iwae", iw=100)
print(f"v1_z20 on 500 images: NELBO {nelbo.nll:.1f} nats, by a tighter bound {tighter.nll:.1f} nats")

# %% [markdown]
# Some 3 nats, for the same model. The second number is where "our model" will stand after lesson 05. The rest of its distance to
# yours comes from longer training (16,000 steps), on 10,000 images more, and from these 500 images, easier than the average.

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
# | `loss` is a vector | the mean over the batch is missing |
# | `Expected all tensors to have the same dtype` or a complaint about bytes | the images are bytes: `binarize(images)` first |
# | nothing is learned, no error | `.detach()`, `torch.no_grad()`, or `optimizer.step()` without `backward()` |
# | a bound well below 90 nats after a short training | too good to be true: [lesson 04b](04b_collapse.ipynb) |

# %% [markdown]
# ## Blank page
#
# Close the notebook, take paper, ten minutes: both derivations, a reason beside each line; the table of signs; the six steps as
# code, with shapes; the training loop. Then compare. What was missing goes onto tomorrow's page.

# %% [markdown]
# ## Further reading
#
# * D. Kingma, M. Welling, *Auto-Encoding Variational Bayes*, ICLR 2014, sections 2.2 and 2.3: your bound is its equation (10), with
#   the signs turned.
# * D. Blei, A. Kucukelbir, J. McAuliffe, *Variational Inference: A Review for Statisticians*, 2017: the same bound without a
#   network, $q$ found for each $x$ by itself.
#
# Next: [04b · The gap, collapse, and a detective](04b_collapse.ipynb).
