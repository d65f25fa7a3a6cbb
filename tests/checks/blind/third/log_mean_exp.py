# %% right | logsumexp-log-k | torch.logsumexp minus log of the axis' length
def log_mean_exp(x, dim):
    return torch.logsumexp(x, dim=dim) - math.log(x.size(dim))


# %% right | cs236-max-expand | maximum by torch.max, unsqueezed and expanded, as in the homework's utils
def log_mean_exp(x, dim):
    max_x = torch.max(x, dim)[0]
    new_x = x - max_x.unsqueeze(dim).expand_as(x)
    log_sum = max_x + (new_x.exp().sum(dim)).log()
    return log_sum - np.log(x.size(dim))


# %% right | amax-mean | maximum kept, mean of the exponentials, maximum back, squeeze of that axis
def log_mean_exp(x, dim):
    c = x.amax(dim, keepdim=True).detach()
    y = (x - c).exp().mean(dim, keepdim=True).log() + c
    return y.squeeze(dim)


# %% right | pairwise-logaddexp | a running logaddexp over the slices of the axis
def log_mean_exp(x, dim):
    slices = x.unbind(dim)
    acc = slices[0]
    for s in slices[1:]:
        acc = torch.logaddexp(acc, s)
    return acc - math.log(len(slices))


# %% right | moved-and-flattened | axis moved to the end, flattened, log k subtracted inside, axes back
def log_mean_exp(x, dim):
    y = x.movedim(dim, -1)
    lead = y.shape[:-1]
    k = y.shape[-1]
    flat = y.reshape(-1, k) - torch.log(torch.tensor(float(k)))
    m, _ = flat.max(dim=1, keepdim=True)
    out = (m + torch.log(torch.exp(flat - m) @ torch.ones(k, 1, dtype=x.dtype))).reshape(lead)
    return out


# %% wrong | log-sum-exp | log k is not subtracted
def log_mean_exp(x, dim):
    max_x = torch.max(x, dim)[0]
    new_x = x - max_x.unsqueeze(dim).expand_as(x)
    return max_x + (new_x.exp().sum(dim)).log()


# %% wrong | global-maximum | one maximum for the whole tensor: rows far below it underflow to -inf
def log_mean_exp(x, dim):
    c = torch.max(x)
    return c + torch.log(torch.mean(torch.exp(x - c), dim=dim))


# %% wrong | size-zero | log of the length of axis 0 instead of axis dim
def log_mean_exp(x, dim):
    return torch.logsumexp(x, dim) - np.log(x.size(0))


# %% wrong | naive | exp, mean, log: over- and underflow
def log_mean_exp(x, dim):
    return torch.log(torch.mean(torch.exp(x), dim=dim))


# %% wrong | bare-squeeze | the maximum is squeezed without an axis: other axes of length one break
def log_mean_exp(x, dim):
    c = x.max(dim, keepdim=True)[0]
    return c.squeeze() + torch.log(torch.mean(torch.exp(x - c), dim))


# %% wrong | mean-as-shift | the mean is taken off instead of the maximum: overflow for spread inputs
def log_mean_exp(x, dim):
    c = x.mean(dim, keepdim=True)
    return torch.log((x - c).exp().mean(dim)) + c.squeeze(dim)


# %% wrong | exponent-clamped | the input is clamped to +-80 before exp: finite and wrong at +-1,000
def log_mean_exp(x, dim):
    x = torch.clamp(x, -80, 80)
    return x.exp().mean(dim).log()


# %% wrong | through-numpy | computed with numpy: no gradient passes
def log_mean_exp(x, dim):
    a = x.detach().cpu().numpy()
    c = np.max(a, axis=dim, keepdims=True)
    out = np.log(np.mean(np.exp(a - c), axis=dim)) + np.squeeze(c, axis=dim)
    return torch.as_tensor(out, dtype=x.dtype)


# %% wrong | subtracts-in-place | x.data is shifted in place: the caller's tensor is changed
def log_mean_exp(x, dim):
    c = x.amax(dim, keepdim=True).detach().clone()
    x.data.sub_(c)
    return torch.logsumexp(x, dim) - math.log(x.shape[dim]) + c.squeeze(dim)


# %% wrong | global-maximum-and-sum | two slips: one maximum for the whole tensor, and log k is missing
def log_mean_exp(x, dim):
    x_max = x.max()
    return (x - x_max).exp().sum(dim).log() + x_max


# %% wrong | keepdim-and-size-zero | two slips: keepdim=True leaves the axis, and the length of axis 0 is used
def log_mean_exp(x, dim):
    return torch.logsumexp(x, dim=dim, keepdim=True) - math.log(len(x))


# %% wrong | last-axis-log-ten | two slips: always the last axis instead of dim, and log10 of k
def log_mean_exp(x, dim):
    return torch.logsumexp(x, dim=-1) - np.log10(x.size(-1))


# %% wrong | divided-and-numel | two slips: the length is the number of all entries, and it divides instead of its log being subtracted
def log_mean_exp(x, dim):
    max_x = x.max(dim, keepdim=True)[0]
    lse = (x - max_x).exp().sum(dim).log() + max_x.squeeze(dim)
    return lse / x.numel()


# %% wrong | maximum-lost-eps | two slips: the maximum is not added again, and 1e-2 stands inside the logarithm
def log_mean_exp(x, dim):
    max_x = torch.max(x, dim=dim, keepdim=True).values
    return torch.log(torch.mean(torch.exp(x - max_x), dim=dim) + 1e-2)
