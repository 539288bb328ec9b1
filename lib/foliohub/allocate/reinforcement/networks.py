"""The agent's network for Stable-Baselines3: one small evaluator that looks at every ticker alike.

Each ticker's row goes through the same layers; the mean of all hidden rows tells each of them about the others::

    h_i   = tanh(A x_i + a)                      every ticker, same A
    m     = mean of h_i
    g_i   = tanh(B [h_i, m] + b)
    asked for ticker i = c g_i + c0              cash and rate of trading = D m + d

It therefore has the same few numbers for any number of tickers, reordering the tickers reorders the weights, and a
ticker that leaves the universe leaves the rest of the policy as it was. Only the actor is of this kind; critics, which
nobody needs after training, are Stable-Baselines3's own.

Torch is imported by the function, not by the module.

References
----------
.. [1] Jiang, Z., Xu, D. and Liang, J. (2017). A deep reinforcement learning framework for the financial portfolio
   management problem. arXiv:1706.10059. (Identical independent evaluators.)
.. [2] Zaheer, M. et al. (2017). Deep sets. NeurIPS 30.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from foliohub.allocate.reinforcement.observation import WIDTH

HIDDEN = 32
"""Numbers in a hidden row."""

CASH_AT_START = -0.5
"""What an untrained agent asks for cash, against 0 for each ticker: little enough that it holds 1/N."""


@lru_cache(maxsize=1)
def policy_classes() -> dict[str, Any]:
    """Policy by algorithm ("a2c", "ppo", "sac", "td3", "ddpg"), as Stable-Baselines3 takes them."""
    import torch
    from stable_baselines3.common.policies import ActorCriticPolicy
    from stable_baselines3.sac.policies import Actor as SacActor
    from stable_baselines3.sac.policies import SACPolicy
    from stable_baselines3.td3.policies import Actor as Td3Actor
    from stable_baselines3.td3.policies import TD3Policy
    from torch import nn

    class Evaluator(nn.Module):
        def __init__(self, first: float = CASH_AT_START, others: float = 0.0) -> None:
            super().__init__()
            self.row, self.mix = nn.Linear(WIDTH, HIDDEN), nn.Linear(2 * HIDDEN, HIDDEN)
            self.score, self.whole = nn.Linear(HIDDEN, 1), nn.Linear(HIDDEN, 2)
            for layer, gain in ((self.row, 1.0), (self.mix, 1.0), (self.score, 0.01), (self.whole, 0.01)):
                nn.init.orthogonal_(layer.weight, gain)
                nn.init.zeros_(layer.bias)
            with torch.no_grad():
                self.score.bias.fill_(others)
                self.whole.bias.copy_(torch.tensor([first, others]))

        def forward(self, seen: Any) -> Any:
            hidden = torch.tanh(self.row(seen.reshape(len(seen), -1, WIDTH)))
            mean = hidden.mean(dim=1)
            mixed = torch.tanh(self.mix(torch.cat([hidden, mean[:, None, :].expand_as(hidden)], dim=-1)))
            return torch.cat([self.score(mixed)[..., 0], self.whole(mean)], dim=-1)

    class Critic(nn.Module):
        """A value of the whole: the mean of hidden rows, and a layer more."""

        def __init__(self) -> None:
            super().__init__()
            self.row, self.whole = nn.Linear(WIDTH, HIDDEN), nn.Linear(HIDDEN, HIDDEN)

        def forward(self, seen: Any) -> Any:
            hidden = torch.tanh(self.row(seen.reshape(len(seen), -1, WIDTH))).mean(dim=1)
            return torch.tanh(self.whole(hidden))

    class ActorAndCritic(nn.Module):
        def __init__(self, n_actions: int) -> None:
            super().__init__()
            self.actor, self.critic = Evaluator(), Critic()
            self.latent_dim_pi, self.latent_dim_vf = n_actions, HIDDEN

        def forward(self, seen: Any) -> tuple[Any, Any]:
            return self.actor(seen), self.critic(seen)

        def forward_actor(self, seen: Any) -> Any:
            return self.actor(seen)

        def forward_critic(self, seen: Any) -> Any:
            return self.critic(seen)

    class OnPolicy(ActorCriticPolicy):
        def _build_mlp_extractor(self) -> None:
            (n_actions,) = self.action_space.shape or (0,)
            self.mlp_extractor: Any = ActorAndCritic(n_actions)

        def _build(self, lr_schedule: Any) -> None:
            self.ortho_init = False  # the evaluator has its own start
            super()._build(lr_schedule)
            self.action_net = nn.Identity()  # the evaluator's output is the action
            adam: Any = self.optimizer_class
            self.optimizer = adam(self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)

        @property
        def evaluator(self) -> Any:
            return self.mlp_extractor.actor

    class SharedSacActor(SacActor):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.latent_pi: Any = nn.Identity()
            self.mu: Any = Evaluator()
            self.log_std: Any = Evaluator(first=-1.5, others=-1.5)

    class SharedTd3Actor(Td3Actor):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.mu = nn.Sequential(Evaluator(), nn.Tanh())

    class OffPolicySac(SACPolicy):
        def make_actor(self, features_extractor: Any = None) -> Any:
            options = self._update_features_extractor(self.actor_kwargs, features_extractor)
            return SharedSacActor(**options).to(self.device)

        @property
        def evaluator(self) -> Any:
            return self.actor.mu

    class OffPolicyTd3(TD3Policy):
        def make_actor(self, features_extractor: Any = None) -> Any:
            options = self._update_features_extractor(self.actor_kwargs, features_extractor)
            return SharedTd3Actor(**options).to(self.device)

        @property
        def evaluator(self) -> Any:
            return self.actor.mu[0]

    return {"a2c": OnPolicy, "ppo": OnPolicy, "sac": OffPolicySac, "td3": OffPolicyTd3, "ddpg": OffPolicyTd3}
