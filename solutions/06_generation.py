# %% [markdown] tags=["slide"]
# # 06 · Generation
#
# Take the encoder away from a trained VAE. What is left turns random numbers into images: digits that nobody ever wrote, and scraps
# that are no digit. Run the cell (**Shift + Enter**): it maps what the decoder of `v1_z2`, a model with two latents, can draw.

# %% tags=["slide"]
import math

import torch

from vae_course import binarize, check, evaluate, given, hint, load_mnist, predict, progress, puzzle, solution, solved
from vae_course.figures import aggregate
from vae_course.figures import generation as figures
from vae_course.figures.digits import images_in_rows
from vae_course.figures.style import canvas
from vae_course.figures.widgets import explore
from vae_course.given import sample_gaussian

train, test = load_mnist("train"), load_mnist("test")

plane = given.trained("v1_z2")
figures.manifold(plane)

# %% [markdown]
# At each place $z$ stands what the decoder draws there, and similar shapes became neighbours although the model never saw a label.
# How do you draw from such a model, and where do the drawings come from that are no digit?
#
# **Who uses it?** Chemists walk through the latent space of a VAE of molecules to find better ones (Gómez-Bombarelli and others, *ACS
# Central Science*, 2018).

# %% [markdown]
# ## What you will build
#
# Five short methods that draw from the model, a function that walks through its latent space, and a map of it that you draw
# yourself. After this lesson you can
#
# * draw new images from a VAE, and tell a *sample* from the *probabilities* that papers print;
# * read a map of the latent space, and say where the prior goes and the encoder does not (a *hole*);
# * walk between two images, straight or on a sphere, and say why the difference grows with the dimension;
# * use the latents for another task, and say what a "temperature" does to the model.

# %% [markdown]
# ## Before you start
#
# About 110 minutes, in two sittings: 72 of reading and playing, 38 of exercises, 12 of these optional. Stop after exercise 6.3.
# **Short path** (workshop, 30 minutes): run all cells, and read up to exercise 6.1, then the summary.
#
# You need: the notation of lesson 00 (`m` and `v` are mean and *variance*), logits (lesson 03), and what encoder and decoder do.
# The trained models come with the course: `v1_z20` with 20 latents, the good one, and `v1_z2`, the one that can be drawn on paper.

# %% [markdown]
# ## Warm-up
#
# Three questions on lesson 05. Answer aloud before you open the answers.
#
# 1. What is the weight $w$ of one sample $z \sim q(z \mid x)$ in the importance-weighted bound?
# 2. In expectation, how does the bound change when the number of samples grows, and what is its limit?
# 3. Why must the average of the weights be inside the logarithm?
#
# <details><summary>Answers</summary>
#
# 1. $w = p(x \mid z)\,p(z) / q(z \mid x)$; in log space a sum and a difference.
# 2. It rises (or stays) towards $\log p(x)$.
# 3. The mean of $\log w$ is the ELBO again, whatever the number of samples. Only the logarithm of the *mean* weight comes nearer to
#    $\log p(x)$.
# </details>

# %% [markdown] tags=["slide"]
# ## The model tells a story
#
# In training, images went *through* the model: $x \to z \to x$. Now nothing comes in and the encoder takes no part. The model tells
# how an image comes about (lesson 00):
#
# 1. draw $z$ from the prior, $z \sim p(z) = N(0, I)$;
# 2. draw $x$ from the likelihood, $x \sim p(x \mid z)$: toss a coin for each pixel.
#
# In step 2 the decoder returns **logits**, $a = \log\frac{p}{1 - p}$, which may be any number. Solve for $p$:
# $\;e^a = \frac{p}{1 - p}$, so $p = \frac{e^a}{1 + e^a} = \frac{1}{1 + e^{-a}}$. This is the *sigmoid* of $a$, in PyTorch
# `torch.sigmoid(logits)`:
#
# $$z \;\xrightarrow{\text{decoder}}\; a \;\xrightarrow{\text{sigmoid}}\; p \;\xrightarrow{\text{coin}}\; x$$

# %% [markdown]
# ## Coins in PyTorch
#
# A uniform random number $u$ between 0 and 1 lies below $p$ with probability exactly $p$. So `(u < p).float()` is a coin with
# chance $p$. PyTorch does it in one call:

# %%
torch.manual_seed(0)
chances = torch.tensor([0.1, 0.5, 0.9]).expand(10_000, 3)  # (10000, 3)
tosses = torch.bernoulli(chances)
print("first tosses:", tosses[:3].tolist())
print("share of ones:", [round(share, 3) for share in tosses.mean(0).tolist()])

# %% [markdown]
# Each share misses its chance $p$ by less than a hundredth: with $n = 10{,}000$ tosses, $\sqrt{p(1-p)/n}$ is 0.003 to 0.005.

# %% [markdown]
# ## The prior has no batch
#
# `self.z_prior` is a pair: mean and *variance* of $p(z)$, each of shape `(1,)`, one number for all dimensions. To draw a batch,
# give both the shape of what you want: `expand` repeats a number without copying it. Lesson 01's `sample_gaussian(m, v)` draws one
# number for each entry of `m` and `v`.

# %%
mean, variance = given.VAE(z_dim=3).z_prior
print("prior:", mean.tolist(), variance.tolist(), "  expanded:", tuple(mean.expand(5, 3).shape))

# %% [markdown] tags=["slide"]
# {{ exercise VAE.sample_z VAE.compute_sigmoid_given VAE.sample_sigmoid VAE.sample_x_given VAE.sample_x }}
#
# **Goal.** Write the story as five methods, one point each. Later ones may call earlier ones.
#
# $$z \sim N(m_{\text{prior}}, v_{\text{prior}}), \qquad p = \frac{1}{1 + e^{-a}}, \qquad x_i \sim \text{Bernoulli}(p_i)$$
#
# | method | gets | returns |
# | --- | --- | --- |
# | `sample_z(batch)` | a number | $z$ from the prior; a quarter of its point is for the right mean and spread when `self.z_prior` is another one |
# | `compute_sigmoid_given(z)` | $z$ | each pixel's probability of being 1 |
# | `sample_sigmoid(batch)` | a number | such probabilities, for $z$ from the prior |
# | `sample_x_given(z)` | $z$ | black and white images, drawn from $p(x \mid z)$ |
# | `sample_x(batch)` | a number | black and white images, for $z$ from the prior |
#
# **Shapes.** `z` is `(batch, z_dim)`, images are `(batch, 784)`. Every image has a $z$ of its own, every pixel a coin of its own.
# Nothing is summed, nothing is averaged. `self.dec(z)` gives the logits, which may be as large as ±10,000.


# %%
class VAE(given.VAE):
    def sample_z(self, batch):
        """Draw z from the prior self.z_prior = (mean, variance): (batch, self.z_dim)."""
        ### BEGIN SOLUTION
        m, v = self.z_prior
        return sample_gaussian(m.expand(batch, self.z_dim), v.expand(batch, self.z_dim))
        ### END SOLUTION

    def compute_sigmoid_given(self, z):
        """Each pixel's probability of being 1, for z (batch, z_dim): (batch, 784)."""
        ### BEGIN SOLUTION
        return torch.sigmoid(self.dec(z))
        ### END SOLUTION

    def sample_sigmoid(self, batch):
        """Pixel probabilities for z from the prior: (batch, 784)."""
        ### BEGIN SOLUTION
        return self.compute_sigmoid_given(self.sample_z(batch))
        ### END SOLUTION

    def sample_x_given(self, z):
        """Images of 0 and 1 drawn from p(x|z), for z (batch, z_dim): (batch, 784)."""
        ### BEGIN SOLUTION
        return torch.bernoulli(self.compute_sigmoid_given(z))
        ### END SOLUTION

    def sample_x(self, batch):
        """Images of 0 and 1 drawn from the model: (batch, 784)."""
        ### BEGIN SOLUTION
        return self.sample_x_given(self.sample_z(batch))
        ### END SOLUTION


# %%
check(VAE.sample_z)

# %%
check(VAE.compute_sigmoid_given)

# %%
check(VAE.sample_sigmoid)

# %%
check(VAE.sample_x_given)

# %%
check(VAE.sample_x)

# %% [markdown]
# *Predict first*: which will look better, the probabilities $p$ or the sample $x$? And which one is what the model says a digit
# looks like?

# %% tags=["slide"]
if solved(VAE.sample_z) and solved(VAE.compute_sigmoid_given) and solved(VAE.sample_x_given):
    model = given.trained("v1_z20", VAE)  # your class, with trained weights
    torch.manual_seed(1)
    with torch.no_grad():
        z = model.sample_z(12)
        rows = {"probabilities": model.compute_sigmoid_given(z), "samples": model.sample_x_given(z)}
else:
    print("When the checks pass, twelve digits that nobody ever wrote appear here, above this row of real ones.")
    rows = {}
images_in_rows(rows | {"real digits": binarize(test.images[:12], generator=torch.Generator().manual_seed(0))})

# %% [markdown]
# The probabilities are smooth, and what papers usually print; the samples have speckled edges, because each pixel tosses its own
# coin. A sample is what the model says a digit looks like, so the honest comparison is between the two lower rows.
#
# <details><summary>I get numbers from −10 to 10 instead of probabilities</summary>
#
# Those are logits. Their sigmoid lies between 0 and 1.
# </details>
#
# <details><summary>I get a grey fog instead of digits</summary>
#
# The sigmoid was applied twice: of a number between 0 and 1 it gives 0.5 to 0.73.
# </details>
#
# <details><summary>I get the same digit twelve times instead of twelve different ones</summary>
#
# One $z$ was drawn and copied to all rows. Expand the prior's mean and variance *before* you draw.
# </details>
#
# <details><summary>I get shades of grey instead of black and white</summary>
#
# A sample is 0 or 1. Toss the coins: `torch.bernoulli`.
# </details>

# %% [markdown]
# Stuck? `hint("VAE.sample_z")`, and so on, goes one step at a time.
#
# **Think.** In the samples neighbouring pixels do not agree about the edge of a stroke, in real digits they do. Which assumption of
# the model is to blame?
#
# <details><summary>Answer</summary>
#
# $p(x \mid z) = \prod_i p(x_i \mid z)$: *given* $z$, pixels are independent. Whatever two pixels have in common must go through
# $z$. The fine grain of an edge is not worth its price in KL, so $z$ leaves it out, and the coins fall independently.
# </details>

# %% [markdown]
# ## A map of the latent space
#
# The grid of the map on top is even not in $z$ but in *probability*: between neighbouring lines lies the same share of the prior.
#
# Now the other direction: encode 2,000 test images and put each at the mean $m$ of its $q(z \mid x)$, drawn as the digit that it
# is.

# %% tags=["slide"]
x_test = binarize(test.images[:2_000], generator=torch.Generator().manual_seed(0))  # (2000, 784)
figures.latent_plane(plane, x_test, test.labels[:2_000], count=2_000)

# %%
with torch.no_grad():
    means = plane.enc(x_test)[0]  # (2000, 2)
nearest = torch.cdist(means, means).fill_diagonal_(math.inf).topk(10, largest=False).indices  # (2000, 10)
alike = (test.labels[nearest] == test.labels[:2_000, None]).float().mean(1)  # (2000,)
print("of the 10 means nearest to a digit's, show the same digit:")
print("   ".join(f"{digit}: {100 * alike[test.labels[:2_000] == digit].mean():.0f} %" for digit in range(10)))

# %% [markdown]
# Four digits (0, 1, 2, 6) have a country of their own. 3, 5 and 8 share one, and 4, 7 and 9 another: there two numbers do not suffice
# to tell them apart.
#
# Walk through the map yourself. Then go to (3, 3), where the prior hardly ever goes: is it still a digit?

# %% tags=["slide"]
explore(
    lambda z_1, z_2: figures.here_on_the_map(plane, z_1, z_2), z_1=(-1.2, -3.0, 3.0, 0.1), z_2=(-0.4, -3.0, 3.0, 0.1)
)

# %% [markdown]
# At (−1.2, −0.4), where the sliders begin, it is a 6, as both maps say. At (3, 3) a single stroke is left, like a 1.

# %% [markdown] tags=["slide"]
# ## From one digit to another
#
# Take two images, encode both, and walk from one mean, `z0`, to the other, `z1`, in $n$ stations. (Both are whole vectors; $z_1$
# and $z_2$ on the map are the entries of one $z$.) Let $t$ be the share of the way that is behind you. On a straight line the place
# $s(t)$ is a mixture:
#
# $$s(t) = (1 - t)\,\texttt{z0} + t\,\texttt{z1}$$
#
# Somebody wrote it like this, to walk from a 7 to a 3 in six stations.
#
# *Predict first*: which image stands at the last one?


# %% tags=["slide"]
def interpolate_draft(z0, z1, n):
    """From z0 to z1 in n stations, both ends included. (Is that so?)"""
    t = torch.arange(n) / n  # (n,)
    return torch.stack([(1 - step) * z0 + step * z1 for step in t])  # (n, z_dim)


good = given.trained("v1_z20")
start, goal = x_test[0:1], x_test[18:19]  # a 7 and a 3
with torch.no_grad():
    ends = torch.cat([good.enc(start)[0], good.enc(goal)[0]])  # (2, 20)
    walk = figures.decode(good, interpolate_draft(ends[0], ends[1], 6))
blank = torch.zeros(4, 784)
rows = {
    "draft": walk,
    "from z0, to z1,\ndecoded": torch.cat([figures.decode(good, ends[:1]), blank, figures.decode(good, ends[1:])]),
    "the images": torch.cat([start, blank, goal]),
}
images_in_rows(rows)
print("t of the stations:", [round(t, 2) for t in (torch.arange(6) / 6).tolist()])

# %% [markdown]
# The 7 becomes a 3 on the way. Does the walk arrive at `z1`? No: its last $t$ is 5/6.

# %% [markdown] tags=["slide"]
# {{ exercise interpolate }}
#
# **Goal.** Mend the draft: $n$ stations $s_0, \dots, s_{n-1}$ on the straight line from `z0` to `z1`, **both ends included**.
#
# $$s_j = (1 - t_j)\,\texttt{z0} + t_j\,\texttt{z1}, \qquad t_0 = 0, \quad t_{n-1} = 1, \quad \text{even steps}$$
#
# **Shapes.** In: `z0` and `z1`, both `(z_dim,)`, and `n`, at least 2. Out: `(n, z_dim)`, a station a row.
# Nothing is summed, nothing is averaged.


# %%
def interpolate(z0, z1, n):
    """n stations on the line from z0 to z1, both included. z0, z1: (z_dim,). Returns (n, z_dim)."""
    ### BEGIN SOLUTION
    t = torch.linspace(0, 1, n)[:, None]  # (n, 1)
    return (1 - t) * z0 + t * z1
    ### END SOLUTION


# %%
check(interpolate)

# %%
if solved(interpolate):
    yours = interpolate(ends[0], ends[1], 10)
    images_in_rows({"target": figures.decode(good, figures.straight(*ends, 10)), "yours": figures.decode(good, yours)})
else:
    print("Your walk will appear here, below this one.")
    images_in_rows({"target": figures.decode(good, figures.straight(*ends, 10))})

# %% [markdown]
# Both rows should agree, from the 7 to the 3.
#
# <details><summary>I get a last station short of z1 instead of z1 itself</summary>
#
# $n$ posts have $n - 1$ gaps between them. `torch.arange(n) / n` stops at $(n-1)/n$; `torch.linspace(0, 1, n)` includes both ends.
# </details>
#
# <details><summary>I get an error about sizes instead of (n, z_dim)</summary>
#
# `t` is `(n,)` and `z0` is `(z_dim,)`. Make `t` a column, `t[:, None]`, and they broadcast to `(n, z_dim)`.
# </details>
#
# <details><summary>I get one long vector instead of (n, z_dim)</summary>
#
# `torch.cat` glues the stations end to end; `torch.stack` gives each a row.
# </details>

# %% [markdown]
# **Think.** Call a place a **hole** if the prior really goes there and the encoder hardly ever. Where on the maps above would you
# look for holes: far outside, at the borders between digits, or in the middle of a digit's country?
#
# <details><summary>Answer</summary>
#
# At borders, mostly, which a walk between two digits crosses and where hardly any training image was encoded; and in places inside
# the circle of 2 sd where no digit happens to live. Far outside is empty too, but that is no hole: the *prior* hardly goes there
# either. The map of holes below shows it.
# </details>

# %% [markdown]
# ## A map of your own
#
# The map on top came from a function of ours. Whoever trains a model of two latents wants such a picture of *it*, so write one: the
# walk of exercise 6.2, in two directions at once.

# %% [markdown]
# {{ exercise plane_grid }}
#
# **Goal.** One picture of $n \times n$ tiles: at each place $z$ of a square grid, the pixel probabilities that the decoder gives
# there. (Optional: no later lesson needs it.)
#
# $$z = (z_1, z_2), \qquad z_1, z_2 \in \{-\texttt{width}, \dots, \texttt{width}\}: \; n \text{ values, even steps, both ends included}$$
#
# $z_1$ grows **to the right**, $z_2$ **upwards**. (In a picture row 0 is on top.)
#
# **Shapes.** In: `model`, with two latents; `n`, tiles along each side; `width`, a number. Out: `(n * 28, n * 28)`, numbers between 0 and
# 1, without a gradient. Nothing is summed, nothing is averaged.


# %%
def plane_grid(model, n, width):
    """What model.dec draws at n × n places z, z_1 to the right, z_2 upwards: (n * 28, n * 28) probabilities."""
    ### BEGIN SOLUTION
    t = torch.linspace(-width, width, n)  # (n,)
    rows = []
    with torch.no_grad():
        for z_2 in t.flip(0):  # the top row first
            z = torch.stack([t, z_2.expand(n)], dim=1)  # (n, 2)
            images = torch.sigmoid(model.dec(z)).view(n, 28, 28)
            rows.append(torch.cat(list(images), dim=1))  # (28, n * 28)
    return torch.cat(rows)
    ### END SOLUTION


# %%
check(plane_grid)

# %% [markdown]
# The frame around your picture is matplotlib's: `extent` says which numbers stand at the picture's edges. The first and last tile's
# *middles* are at ±`width`, so the edges lie half a tile further out.

# %%
if solved(plane_grid):
    n, width = 15, 3
    edge = width * n / (n - 1)
    with canvas(
        width=6.4, height=6.2, alt="Your map of the latent plane: what the decoder draws, place by place."
    ) as axes:
        axes.imshow(plane_grid(plane, n, width), cmap="gray_r", vmin=0, vmax=1, extent=(-edge, edge, -edge, edge))
        axes.set(xticks=range(-width, width + 1), yticks=range(-width, width + 1), xlabel="z₁", ylabel="z₂")
else:
    print(
        "Your map will appear here. It should look like the one on top of the page, with the numbers of z in even steps."
    )

# %% [markdown]
# Compare it with the map on top. The same shapes stand in the same directions. Yours has even steps in $z$, so its corners show
# places where the prior hardly ever goes; the other has even steps in probability and keeps to where draws come from.

# %% [markdown]
# <details><summary>I get stripes and scraps instead of digits</summary>
#
# `reshape` never moves a number: it fills the first row of the picture with the first image's 784 pixels. Put images side by side
# first, rows of images below each other then.
# </details>
#
# <details><summary>I get the map upside down instead of with large z_2 on top</summary>
#
# `imshow` draws row 0 on top. Which $z_2$ belongs there?
# </details>
#
# <details><summary>I get "Can't call numpy() on Tensor that requires grad" instead of a picture</summary>
#
# The decoder's weights want gradients, a picture does not: decode under `torch.no_grad()`.
# </details>

# %% [markdown]
# Stuck? `hint("plane_grid")`.
#
# **Think.** A model has 20 latents. Which plane would you draw, and what would the picture hide?
#
# <details><summary>Answer</summary>
#
# For example the plane through three encoded images, or two busy dimensions with the other 18 at 0. Either way the picture shows a
# plane in 20 dimensions: the other 18 stand still, and a $z$ near the origin in 18 dimensions is much shorter than a draw from the
# prior (next section).
# </details>

# %% [markdown] tags=["slide"]
# ## Straight, or on a sphere?
#
# In two dimensions the straight line is fine. And in twenty? How long is a $z$ from the prior? Each $z_i^2$ is 1 on average, so
#
# $$\mathbb E\big[\|z\|^2\big] = \sum_{i=1}^{d} \mathbb E[z_i^2] = d:$$
#
# with $d = 20$ a typical length is $\sqrt{20} = 4.5$, and hardly any draw is much shorter. Now let `z0` and `z1` be two
# *independent* draws, and look at the middle of a straight walk, half of each. Variances of independent numbers add up, and a
# factor ½ makes ¼ of a variance: each coordinate has variance $\tfrac14 + \tfrac14 = \tfrac12$. So the middle's squared length is
# $d/2$ on average, and it is shorter by a factor of about $\sqrt 2$.

# %% [markdown]
# The **spherical** walk turns about the origin instead. Between ends of equal length it keeps that length; between two draws, which
# are nearly equally long and nearly at right angles, it nearly does:
#
# $$s(t) = \frac{\sin((1 - t)\,\theta)\,\texttt{z0} + \sin(t\,\theta)\,\texttt{z1}}{\sin\theta}, \qquad
# \theta = \text{the angle between } \texttt{z0} \text{ and } \texttt{z1}$$
#
# <details><summary>Why nearly at right angles</summary>
#
# Their inner product is a sum of $d$ terms of mean 0 and variance 1, so about $\pm\sqrt d$, and the lengths multiply to about $d$;
# the cosine is about $\pm 1/\sqrt d$.
# </details>

# %% tags=["slide"]
figures.lengths(dims=20)
torch.manual_seed(0)
shorter = (torch.randn(100_000, 20).norm(dim=1) < (20 / 2) ** 0.5).float().mean()
print(f"draws from the prior that are shorter than √(d/2): {100 * shorter:.0f} in 100")

# %% [markdown]
# The middle of a straight walk is typically shorter than almost all draws from the prior: a place where the model was seldom asked
# to be good. The spherical middle is about as long as the draws.
#
# *Predict first*: two draws from the prior as ends, both walks, decoded. Will you see the difference in length?

# %%
torch.manual_seed(7)
z0, z1 = torch.randn(2, 20)
images_in_rows(
    {
        "straight": figures.decode(good, figures.straight(z0, z1, 10)),
        "spherical": figures.decode(good, figures.spherical(z0, z1, 10)),
    }
)

# %% [markdown]
# In the middle the difference is small: the decoder behaves well a little inside the shell. Expect no miracles from the sphere, but
# it does stay where the prior lives.

# %% [markdown] tags=["slide"]
# ## Holes: where the prior goes and the encoder does not
#
# Some samples above were no digits. A likely reason: sampling draws $z$ from the prior, while training only ever showed the decoder
# $z$ from the *encoder*. Mix the $q(z \mid x)$ of all $n$ training images: this is the **aggregate posterior**, the places where
# the decoder was trained:
#
# $$q(z) = \frac1n \sum_{j=1}^{n} q(z \mid x_j)$$
#
# If the model were perfect and $q$ the exact posterior, it would equal the prior, since then
# $\mathbb E_{p(x)}[p(z \mid x)] = p(z)$. In practice it does not. A **hole** is a place where the prior
# really goes (on the map below: inside the circles) and $p(z)$ is much larger than $q(z)$.

# %% [markdown]
# Twenty dimensions cannot be printed, so the map shows the *other* model, with 2: what a hole is, not which holes the model of the
# samples has. To be quick, it uses $n$ = 8,000 of the 60,000 training images.

# %% tags=["slide"]
x_train = binarize(train.images[:8_000], generator=torch.Generator().manual_seed(0))
aggregate.holes(plane, x_train)

# %%
hole, excess = aggregate.worst_hole(plane, x_train)
print(f"deepest hole within 2 sd: z = ({hole[0]:.1f}, {hole[1]:.1f})")
print(f"there log p(z) exceeds log q(z) by {excess:.0f} nats")

# %% [markdown]
# On the lighter, yellow side of the white lines the prior goes at least $e \approx 2.7$ times as often as the encoder. The blue around
# (1, 0) is the other side: there the encoder goes more often. The cross marks the deepest hole within the outer circle. Outside the
# circles the map is yellow too; we do not count that, as hardly a draw from the prior lands there.

# %% [markdown] tags=["slide"]
# **Does the ELBO not forbid this?** Its KL compares each $q(z \mid x_j)$ with the prior. Write $\log \frac{q(z \mid x)}{p(z)}$ as
# $\log \frac{q(z \mid x)}{q(z)} + \log \frac{q(z)}{p(z)}$ and average over an image $x$ and a $z \sim q(z \mid x)$; such a $z$, its
# image forgotten, is a draw from $q(z)$. So
#
# $$\frac1n \sum_{j=1}^{n} \mathrm{KL}\big(q(z \mid x_j)\,\|\,p(z)\big) =
# \underbrace{\mathbb E\Big[\log\frac{q(z \mid x)}{q(z)}\Big]}_{\text{what } z \text{ tells of } x} +
# \underbrace{\mathbb E\Big[\log\frac{q(z)}{p(z)}\Big]}_{\mathrm{KL}(q(z)\,\|\,p(z))}$$
#
# (Hoffman & Johnson, 2016). The first term is the *mutual information* of $x$ and $z$; it is at most $\log n$, because
# $q(z) \ge q(z \mid x_j) / n$. The second compares the mixture with the prior.

# %% [markdown]
# So the ELBO does ask the mixture to match the prior. But it averages over places where $q$ *goes*, and in a hole it does not: to
# leave out a region that holds a share $h$ of the prior costs as little as $-\log(1 - h)$, if $q(z)$ is proportional to the prior
# in the rest. There $q(z) = p(z)/(1 - h)$, so $\log \frac{q(z)}{p(z)} = -\log(1 - h)$ at every place where $q$ goes, and that is the
# mean. For $h = 0.1$ this is a tenth of a nat. Holes are not free; they are cheap.

# %% [markdown]
# **How much of the KL is it, then?** The mixture can be computed, but does the answer speak of the model or of the measure? Put
# beside each model a **perfect one** of the same KL, where the answer is 0. If the means are spread as $m \sim N(0, 1 - v)$, then
# $z = m + \sqrt v\,\varepsilon$ has variance $(1 - v) + v = 1$, and $q(z)$ *is* the prior. Its KL is
# $\tfrac12\,\mathbb E[v + m^2 - 1 - \log v] = -\tfrac12 \log v$ in each dimension, which tells us $v$.

# %% tags=["slide"]
predict("06.perfect")


# %% tags=["slide"]
def two_terms(m, v):
    """The KL of these q(z|x), what z tells of x, and the share of the prior in holes; their mixture is q(z)."""
    torch.manual_seed(0)
    kl = given.kl_normal(m, v, torch.zeros(1), torch.ones(1)).mean().item()
    z = sample_gaussian(m, v)[:2_000]  # one for each of 2,000 images
    tells = (given.log_normal(z, m[:2_000], v[:2_000]) - aggregate.mixture_density(m, v, z)).mean().item()
    z = torch.randn(500, m.shape[1])
    inside = aggregate.log_prior(z) - aggregate.mixture_density(m, v, z) > 1
    return kl, tells, 100 * inside.float().mean().item()


def perfect(kl, z_dim):
    """m and v of 8,000 images in a model whose aggregate posterior is the prior."""
    v = torch.full((8_000, z_dim), math.exp(-2 * kl / z_dim))
    return (1 - v).sqrt() * torch.randn(8_000, z_dim), v


print("                 KL = z tells of x + mixture against prior | prior in holes")
for name, some in {"2 latents": plane, "20 latents": good}.items():
    with torch.no_grad():
        m, v = some.enc(x_train)  # (8000, z_dim)
    for kind, terms in ((name, two_terms(m, v)), ("  perfect", two_terms(*perfect(two_terms(m, v)[0], some.z_dim)))):
        kl, tells, inside = terms
        print(f"{kind:11s} {kl:7.1f} = {tells:14.1f} + {kl - tells:20.1f} | {inside:7.0f} in 100")
print(f"log n = {math.log(8_000):.1f} nats")

# %% tags=["slide"]
predict("06.perfect").was(inside)

# %% [markdown]
# With 2 latents 23 in 100 of the prior are in holes, where a perfect model would show 5: the map speaks of the model. Print a number
# about a model only beside what a perfect model would give.

# %% [markdown] tags=["slide"]
# ### A judge that a perfect model passes
#
# Ask for draws instead of densities. Give a network one $z$ for each training image, and as many from the prior; it learns to say
# which is which, and is tested on images and draws that it has never seen. If $q(z) = p(z)$, nobody can beat a coin. The best judge
# says "prior" wherever $p(z) > q(z)$: its region is the hole, of any shape, in any number of dimensions.

# %% tags=["slide"]
predict("06.judge")


# %% tags=["slide"]
def one_z_each(model, images):
    """One z ~ q(z|x) for each image, black and white: (n, z_dim)."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        codes = [model.enc(binarize(some, generator=generator)) for some in images.split(5_000)]
    return torch.cat([sample_gaussian(m, v) for m, v in codes])


torch.manual_seed(0)
drawn = {
    "2 latents": (one_z_each(plane, train.images), one_z_each(plane, test.images)),
    "20 latents": (one_z_each(good, train.images), one_z_each(good, test.images)),
    "perfect": (torch.randn(60_000, 20), torch.randn(10_000, 20)),
}
judges, known = {}, {}
print("says 'prior' of 100 draws: the prior's   the encoder's | mismatch at least")
for name, (seen, unseen) in drawn.items():
    judges[name] = aggregate.judge(seen)
    prior = torch.randn_like(unseen)
    p, q = ((judges[name](z) < 0).double().mean().item() for z in (prior, unseen))
    known[name] = 100 * p
    nats = q * math.log(q / p) + (1 - q) * math.log((1 - q) / (1 - p))
    print(f"{name:25s} {100 * p:12.0f} {100 * q:15.0f} | {nats:12.2f} nats")

# %% tags=["slide"]
predict("06.judge").was(round(known["20 latents"]))

# %% [markdown] tags=["slide"]
# The nats compare two coins: does $z$ lie in the judge's region $A$, or not? To merge all places of $A$ into one answer, and all others
# into another, can only lose difference, so the KL of the whole is at least that of the coins:
#
# $$\mathrm{KL}(q(z)\,\|\,p(z)) \;\ge\; q(A) \log\frac{q(A)}{p(A)} + (1 - q(A)) \log\frac{1 - q(A)}{1 - p(A)}$$
#
# With 20 latents $p(A) = 0.85$ and $q(A) = 0.15$: $0.15 \log \frac{0.15}{0.85} + 0.85 \log \frac{0.85}{0.15} = 1.2$ nats.
#
# <details><summary>Why merging only loses</summary>
#
# First say whether $z \in A$, then where in it. $\log \frac{q(z)}{p(z)}$ is the log ratio of the first answer plus that of the second,
# given the first. Averaged over $q$: the KL of the coins, plus a mean of KLs, and no KL is negative (lesson 02).
# </details>
#
# A better judge would find more; of the 25 nats of KL we know that more than one is mismatch, and not how much more.
#
# Now sort draws from the prior by the judge's opinion, and decode both ends.

# %% tags=["slide"]
torch.manual_seed(3)
prior = torch.randn(4_000, 20)
order = judges["20 latents"](prior).squeeze(1).argsort(descending=True)
rows = {
    "from the encoder": drawn["20 latents"][1][:400],
    "like the encoder's": prior[order[:400]],
    "surely the prior's": prior[order[-400:]],
}
pictures = {name: figures.decode(good, z) for name, z in rows.items()}
images_in_rows({name: some[:12] for name, some in pictures.items()})
grey = train.images[:20_000] / 255
for name, some in pictures.items():
    distance = torch.cdist(some, grey).min(1).values
    print(f"{name:19s} distance to the nearest training image: {distance.mean():.2f} ± {distance.std() / 20:.2f}")

# %% [markdown]
# Here is where the bad drawings come from. Where the encoder goes, the decoder draws digits; the surer the judge that it does not,
# the more fragments, and the farther they lie from the nearest training image.

# %% [markdown]
# ## What are the latents good for?
#
# Generation is one use. Another: the mean $m$ of $q(z \mid x)$ is a short description of an image, learned without a single label.
# Does it help someone who has few labels?
#
# The simplest classifier is *nearest neighbours*: find the most similar labelled images and take the majority. Similar in what?
# Compare 784 grey values, the 20 numbers of $m$, and, as a warning, 20 numbers of noise. No **collapsed** model (lesson 04b) is
# loaded here, but the $z$ of one is such noise, since its $q(z \mid x)$ is the prior for every image.
#
# <details><summary>Two choices: how many neighbours vote, and why greys</summary>
#
# The `k` most similar images vote: five, and only one where there are 100 labels, ten per digit, because the fifth most similar is
# then often another digit. And both pixels and encoder get *greys* here. The encoder was trained on black and white; a grey is the
# mean of all black and white versions of its pixel, and the encoder takes it well. (With `binarize` on both: do both lose? Try it.)
# </details>

# %% [markdown]
# *Predict first*: with 5,000 labels, which is better, pixels or $m$? With 100?

# %% tags=["slide"]
known, asked = train.images[:5_000] / 255, test.images[:2_000] / 255
with torch.no_grad():
    torch.manual_seed(0)
    views = {
        "784 pixels": (known, asked),
        "20 latents m": (good.enc(known)[0], good.enc(asked)[0]),
        "noise, as if collapsed": (torch.randn(5_000, 20), torch.randn(2_000, 20)),
    }
accuracy = {
    name: {
        labels: figures.neighbours_vote(
            a[:labels], train.labels[:labels], b, test.labels[:2_000], k=5 if labels > 500 else 1
        )
        for labels in (100, 1_000, 5_000)
    }
    for name, (a, b) in views.items()
}
figures.bars_of_accuracy(accuracy)

# %% tags=["nbval-ignore-output"]
for name, row in accuracy.items():
    print(f"{name:24s}" + "".join(f"  {labels:5,} labels: {100 * share:4.1f} %" for labels, share in row.items()))
assert accuracy["20 latents m"][5_000] > accuracy["784 pixels"][5_000]
assert accuracy["noise, as if collapsed"][5_000] < 0.15

# %% [markdown]
# 20 numbers do at least as well as 784, whatever the number of labels, and are 39 times fewer (with 2,000 test images, differences
# under a percent or two are chance). From noise nothing can be read, so after collapse only guessing is left. With a decoder strong
# enough to do without $z$ (lesson 04b) even a good bound goes with useless latents: a bound and a use are different questions.

# %% [markdown]
# ## Temperature leaves the model
#
# Many demonstrations draw $z$ from $N(0, T^2)$ with a *temperature* $T$ below 1. There are fewer scraps then, so why not always?

# %% tags=["slide"]
torch.manual_seed(0)
noise = torch.randn(12, 20)
images_in_rows({f"T = {T}": figures.decode(good, T * noise) for T in (0.3, 0.7, 1.0, 1.5)})

# %% [markdown]
# Look at our row $T = 0.3$: no scrap, but nearly the same soft 8 twelve times.
#
# Now take $N(0, T^2)$ for the model's prior. Beside its NELBO stand two numbers on its drawings. *Variety*: the variance of the pixels'
# probabilities between images, summed over pixels. *Grey*: of the pixels with a probability above 0.1, the share below 0.9, where
# the decoder leaves it to the coin.

# %% tags=["slide"]
predict("06.cool")

# %% tags=["slide"]
for T in (0.5, 0.7, 1.0, 1.3):
    cooled = given.trained("v1_z20")
    cooled.z_prior_v.fill_(T**2)  # the same networks with another prior
    found = evaluate(cooled, x_test)
    p = figures.decode(good, T * torch.randn(2_000, 20))  # (2000, 784)
    variety, grey = p.var(dim=0).sum(), 100 * (p[p > 0.1] < 0.9).float().mean()
    print(f"T = {T}:   NELBO {found.nll:4.0f} nats   variety of the drawings {variety:3.0f}   grey {grey:2.0f} %")
print(f"real digits:                variety {asked.var(dim=0).sum():18.0f}")

# %% tags=["slide"]
predict("06.cool").was()

# %% [markdown]
# Even at $T = 1$ the drawings vary less than real digits: the decoder leaves part of what
# differs to its coins. $T = 1.3$ comes nearer in variety and is worse by a nat, so variety alone is no judge either.
#
# Cooling makes pictures, not samples of the model. If you print them, say at which $T$.

# %% [markdown]
# ## Puzzles
#
# Optional, about 20 minutes, no points: an exercise once more under a rule about how it is *written*, or a weak test for you to break.
# `puzzle(...)` looks at the rule and at the exercise's own check, and compares lengths: each call, operator and subscript is one operation.
#
# Write all of it inside the function: `torch`, `math` and the builtins that compute are there, other names of the notebook are
# not.

# %% [markdown]
# ### Four operations
#
# Write `interpolate` with at most four operations. Our solution has six. A line is a start and a direction.


# %%
def interpolate_in_four(z0, z1, n):
    """n stations from z0 to z1, as in exercise 6.2."""
    ### BEGIN SOLUTION
    return z0 + torch.outer(torch.linspace(0, 1, n), z1 - z0)
    ### END SOLUTION


# %%
puzzle("06.four", interpolate_in_four)

# %% [markdown]
# ### Make the steps yourself
#
# Write `interpolate` without `linspace` and `lerp`, and without a Python loop: no `for`, no comprehension, no `map`.


# %%
def interpolate_by_counting(z0, z1, n):
    """n stations from z0 to z1, as in exercise 6.2."""
    ### BEGIN SOLUTION
    t = torch.arange(n)[:, None] / (n - 1)  # (n, 1)
    return z0 + t * (z1 - z0)
    ### END SOLUTION


# %%
puzzle("06.steps", interpolate_by_counting)

# %% [markdown]
# ### Only the noise is large
#
# Write `sample_z` without `sample_gaussian`, and without `expand`, `repeat` and their relatives. `self.z_prior` holds a mean and a variance
# of shape `(1,)`. What else needs the shape `(batch, z_dim)`?


# %%
def sample_z_by_broadcasting(self, batch):
    """z from the prior, as in exercise 6.1: (batch, self.z_dim)."""
    ### BEGIN SOLUTION
    m, v = self.z_prior
    return m + v.sqrt() * torch.randn(batch, self.z_dim)
    ### END SOLUTION


# %%
puzzle("06.broadcast", sample_z_by_broadcasting)

# %% [markdown] tags=["slide"]
# ## Summary
#
# * To generate: $z$ from the prior, logits from the decoder, probabilities by the sigmoid, a coin for each pixel. Probabilities are
#   not samples.
# * Similar images are neighbours in the latent space. A walk between two crosses places that hardly any image was encoded to.
# * In $d$ dimensions the prior lives near a shell of radius $\sqrt d$; a straight walk cuts through its inside, a spherical one
#   stays near.
# * A hole is where the prior goes and the aggregate posterior does not. The ELBO contains $\mathrm{KL}(q(z)\,\|\,p(z))$, but a hole
#   costs it little.
# * Latents can serve another task; after collapse they serve none. Temperature buys fewer scraps, and pays in variety and nats.

# %% [markdown]
# Our model stayed where it was: `v1_z20`, whose bound on $\log p(x)$ is −87.7 nats, by 100 draws on 500 test images (lesson 05). The 92
# nats at $T = 1$ above are a *negative* bound, on $-\log p(x)$, by one draw and on other images: do not compare the two. What is left is to write it all, alone:
# [07 · Capstone](07_capstone.ipynb).

# %% [markdown]
# ## Check your progress
#
# No model was trained here and no better bound computed: "our model" on the card keeps its number.

# %%
progress()

# %% [markdown]
# ## Where people get stuck
#
# | you see | the reason |
# | --- | --- |
# | `sample_z` returns shape `(1,)` | the prior's mean and variance have shape `(1,)`: expand them to `(batch, self.z_dim)` |
# | `Expected p_in >= 0 && p_in <= 1` | logits were given to `torch.bernoulli`: sigmoid first |
# | `True` and `False` for pixels | a comparison such as `u < p`: add `.float()` |
# | pictures with white strokes on black | a matter of the colour map, or the sigmoid of *minus* the logits |
# | all images equal | one $z$, or one seed, for the whole batch |
# | digits that look too good, or all alike | you print probabilities, or a temperature below 1 |
# | `RuntimeError: Can't call numpy() on Tensor that requires grad` | draw under `torch.no_grad()` |
#
# **Group task** (rooms, 10 minutes). Each group draws 100 samples and sorts them: clear digit, between two digits, nothing. Compare
# the shares between rooms for $z$ from the prior and for $z$ from the encoder on test images. Which share do holes explain?
#
# ```
# z = torch.randn(100, 20)  # from the prior; from the encoder: z = one_z_each(good, test.images[:100])
# drawings = torch.bernoulli(figures.decode(good, z))
# images_in_rows({f"from {20 * i}": some for i, some in enumerate(drawings.split(20))})
# ```

# %% [markdown]
# ## Blank page
#
# Close the notebook, take paper, five minutes: the chain from $z$ to $x$ with all four stations; the five methods, one line each;
# the aggregate posterior and what a hole is; why the middle of a straight walk is too short. Then compare. What was missing goes
# onto tomorrow's page.
#
# **Think.** Your friend judges two VAEs by looking at twelve drawings of each. Name two ways to be fooled.
#
# <details><summary>Answer</summary>
#
# Probabilities shown for samples, a temperature below 1, a lucky seed: all look better than the model is. And twelve pictures
# cannot show that one digit never appears. A bound on $\log p$ of *test* images sees that; so use both, eyes and nats.
# </details>

# %% [markdown]
# ## Further reading
#
# * D. Kingma, M. Welling, *Auto-Encoding Variational Bayes*, ICLR 2014, appendix A: the first such map.
# * T. White, *Sampling Generative Networks*, 2016: the spherical walk.
# * M. Hoffman, M. Johnson, *ELBO surgery: yet another way to carve up the variational evidence lower bound*, NIPS workshop on
#   approximate inference, 2016: the two terms above.
# * M. Rosca, B. Lakshminarayanan, S. Mohamed, *Distribution Matching in Variational Inference*, 2018: holes, measured.
# * J. Tomczak, M. Welling, *VAE with a VampPrior*, AISTATS 2018: learn the prior instead.
# * *A Note on the Evaluation of Generative Models*, ICLR 2016 (from Bethge's group): good samples and good likelihood are nearly
#   independent.
#
# Next: [07 · The capstone: all of it, and yours](07_capstone.ipynb).
