# %% right | cs236-bce-none | minus torch's BCE with reduction none, summed over the last axis
def log_bernoulli_with_logits(x, logits):
    bce = torch.nn.BCEWithLogitsLoss(reduction="none")
    log_prob = -bce(input=logits, target=x).sum(-1)
    return log_prob


# %% right | softplus | the formula of the card
def log_bernoulli_with_logits(x, logits):
    return torch.sum(x * logits - F.softplus(logits), dim=-1)


# %% right | two-logsigmoids | log p and log(1 - p) by logsigmoid, weighed with x and 1 - x
def log_bernoulli_with_logits(x, logits):
    log_p = F.logsigmoid(logits)
    log_1_minus_p = F.logsigmoid(-logits)
    return (x * log_p + (1 - x) * log_1_minus_p).sum(dim=-1)


# %% right | distribution-unvalidated | torch.distributions.Bernoulli with logits, validation off for grey pixels
def log_bernoulli_with_logits(x, logits):
    p = Independent(Bernoulli(logits=logits, validate_args=False), 1, validate_args=False)
    return p.log_prob(x)


# %% right | logaddexp-double | normaliser as logaddexp(0, a), pixels multiplied and added by einsum in float64
def log_bernoulli_with_logits(x, logits):
    a = logits.double()
    normaliser = torch.logaddexp(a, torch.zeros_like(a))
    ink = torch.einsum("...i,...i->...", x.double(), a)
    return (ink - normaliser.sum(-1)).to(logits.dtype)


# %% wrong | sigmoid-and-eps | forms p and adds 1e-8 inside the logarithms: a sure and wrong pixel never costs more than 18
def log_bernoulli_with_logits(x, logits):
    p = torch.sigmoid(logits)
    log_prob = x * torch.log(p + 1e-8) + (1 - x) * torch.log(1 - p + 1e-8)
    return log_prob.sum(-1)


# %% wrong | bce-of-sigmoid | binary_cross_entropy of the sigmoid: clamped at 100 per pixel
def log_bernoulli_with_logits(x, logits):
    bce = torch.nn.BCELoss(reduction="none")
    log_prob = -bce(torch.sigmoid(logits), x).sum(dim=-1)
    return log_prob


# %% wrong | input-and-target-swapped | the images go in as logits and the logits as targets
def log_bernoulli_with_logits(x, logits):
    bce = torch.nn.BCEWithLogitsLoss(reduction="none")
    log_prob = -bce(x, logits).sum(-1)
    return log_prob


# %% wrong | sigmoid-twice | the sigmoid is applied before a loss that expects logits
def log_bernoulli_with_logits(x, logits):
    probs = torch.sigmoid(logits)
    log_prob = -F.binary_cross_entropy_with_logits(input=probs, target=x, reduction="none")
    return log_prob.sum(-1)


# %% wrong | reduction-sum | reduction="sum" adds up the batch too: one number for all images
def log_bernoulli_with_logits(x, logits):
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="sum")


# %% wrong | view-batch | everything behind the first axis is flattened and summed: wrong for more axes in front
def log_bernoulli_with_logits(x, logits):
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    return -bce.view(x.size(0), -1).sum(1)


# %% wrong | logits-clamped | logits are clamped to +-30 for stability: wrong value and zero slope beyond
def log_bernoulli_with_logits(x, logits):
    logits = torch.clamp(logits, min=-30.0, max=30.0)
    return (x * logits - torch.log1p(torch.exp(logits))).sum(-1)


# %% wrong | rounded-pixels | grey pixels are made black and white by a threshold at one half
def log_bernoulli_with_logits(x, logits):
    x = (x > 0.5).to(logits.dtype)
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=-1)


# %% wrong | naive-softplus | log(1 + exp(a)) overflows at 10,000
def log_bernoulli_with_logits(x, logits):
    log_prob = x * logits - torch.log(1 + torch.exp(logits))
    return torch.sum(log_prob, dim=-1)


# %% wrong | swapped-and-averaged | two slips: the arguments of the BCE are swapped, and the batch is averaged
def log_bernoulli_with_logits(x, logits):
    bce = torch.nn.BCEWithLogitsLoss(reduction="none")
    log_prob = -bce(input=x, target=logits).sum(-1)
    return log_prob.mean()


# %% wrong | positive-squeezed | two slips: the positive BCE (sign), and a bare squeeze loses a batch of one
def log_bernoulli_with_logits(x, logits):
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    return bce.sum(-1, keepdim=True).squeeze()


# %% wrong | clamped-p-mean | two slips: p is formed and clamped to [1e-6, 1 - 1e-6], and the pixels are averaged
def log_bernoulli_with_logits(x, logits):
    p = torch.sigmoid(logits).clamp(1e-6, 1 - 1e-6)
    return (x * p.log() + (1 - x) * (1 - p).log()).mean(-1)


# %% wrong | continuous-detached | two slips: the normaliser of the continuous Bernoulli is added, and the softplus is cut from the graph
def log_bernoulli_with_logits(x, logits):
    a = torch.where(logits.abs() < 1e-2, torch.full_like(logits, 1e-2), logits)
    log_norm = torch.log(a / torch.tanh(a / 2))
    log_prob = x * logits - F.softplus(logits).detach() + log_norm.detach()
    return log_prob.sum(-1)


# %% wrong | paper-sign-dim-one | two slips: the logits' softplus is weighed with 1 - x, and axis 1 is summed instead of the last one
def log_bernoulli_with_logits(x, logits):
    log_prob = x * logits - (1 - x) * F.softplus(logits)
    return log_prob.sum(dim=1)
