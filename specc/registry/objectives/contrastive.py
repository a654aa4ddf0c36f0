"""Objectives that learn representations from views of unlabelled examples."""

from typing import ClassVar, Literal

from specc.registry.entry import declare, param
from specc.registry.objectives.base import Objective

TEMPERATURE = "What similarities are divided by: the smaller, the more the hardest negatives count."


class OfTwoViews(Objective):
    """What compares the head `projection` on two views of each example, across the batch."""

    needs_outputs: ClassVar[tuple[str, ...]] = ("projection",)
    needs_views: ClassVar[int] = 2
    across_batch: ClassVar[bool] = True


@declare("objective", "info_nce", target="specc.objectives.contrastive.info_nce.InfoNCE", examples=[{}, {"similarity": "dot"}])
class InfoNCE(OfTwoViews):
    """The first view of an example is to find the second among the second views of the whole batch.

    Formula: -log(exp(s(i, i) / t) / sum over k of exp(s(i, k) / t)), s(i, k) the similarity of the first view of i and the second of k
    Needs: the head `projection`, and two views of each example
    Reference: van den Oord et al., Representation learning with contrastive predictive coding, 2018, https://arxiv.org/abs/1807.03748
    """

    temperature: float = param(TEMPERATURE, default=0.1, above=0)
    similarity: Literal["cosine", "dot", "euclidean"] = param(
        "How vectors are compared: the cosine of their angle, the dot product, or the squared distance, negative.", default="cosine"
    )


@declare("objective", "simclr", target="specc.objectives.contrastive.simclr.SimCLR", examples=[{}, {"temperature": 0.5}])
class SimCLR(OfTwoViews):
    """Two views of an example are to be alike, and unlike all other examples of the batch.

    Formula: -log(exp(sim(i, j) / t) / sum over k != i of exp(sim(i, k) / t)), the mean over all views i with their partners j
    Needs: the head `projection`, and two views of each example
    Reference: Chen et al., A simple framework for contrastive learning, 2020, https://arxiv.org/abs/2002.05709
    """

    temperature: float = param(TEMPERATURE, default=0.1, above=0)


@declare("objective", "dcl", target="specc.objectives.contrastive.dcl.DCL", examples=[{}, {"temperature": 0.07, "sigma": 0.5}])
class DCL(OfTwoViews):
    """The same with the partner left out of the denominator, which lets small batches learn as well as large ones.

    Formula: -w sim(i, j) / t + log(sum over k other than i and j of exp(sim(i, k) / t)), w = 1, or with `sigma`
        2 - exp(sim(i, j) / sigma) / its mean over the batch
    Needs: the head `projection`, and two views of each example
    Reference: Yeh et al., Decoupled contrastive learning, 2021, https://arxiv.org/abs/2110.06848
    """

    temperature: float = param(TEMPERATURE, default=0.1, above=0)
    sigma: float | None = param(
        "Weighs partners by how unlike they are (DCLW), the more the smaller it is; the paper has 0.5. None: all count alike.",
        default=None,
        above=0,
    )


@declare("objective", "moco", target="specc.objectives.contrastive.moco.MoCo", examples=[{}, {"queue": 4096}])
class MoCo(OfTwoViews):
    """A view is to be like another view of its example, as a slowly following network sees it, and unlike those before.

    Formula: -log(exp(q k / t) / (exp(q k / t) + sum over the queue of exp(q k' / t)))
    Needs: the head `projection`, and two views of each example
    Reference: He et al., Momentum contrast, 2019, https://arxiv.org/abs/1911.05722; Chen et al., 2020, https://arxiv.org/abs/2003.04297
    """

    queue: int = param("How many of the last keys are negatives: a multiple of the batch.", default=65536, minimum=1)
    momentum: float = param("Share of the key network's weights that a step keeps.", default=0.999, minimum=0, maximum=1)
    temperature: float = param(TEMPERATURE, default=0.07, above=0)
    shuffle: bool = param(
        "Whether keys are computed on other replicas than their queries, so that the statistics of a replica's part of the batch tell "
        "nothing; with one replica, or synchronized batch normalization, it changes nothing.",
        default=True,
    )

    def mismatch(self, batch_size: int) -> tuple[str, str, str] | None:
        if self.queue % batch_size == 0:
            return None
        message = f"keeps {self.queue} keys, which batches of {batch_size} do not fill evenly: some would leave before others"
        return "queue", message, f"set `queue: {max(round(self.queue / batch_size), 1) * batch_size}`"


@declare("objective", "dino", target="specc.objectives.contrastive.dino.DINO", examples=[{}, {"teacher_momentum": 0.99}])
class DINO(Objective):
    """A network is to say of small views what its slowly following teacher says of large ones.

    Formula: -sum over prototypes of softmax((teacher - centre) / t_teacher) log softmax(student / t_student), the mean over the
        teacher's views and all other views of the student
    Needs: the head `prototypes`, and two or more views of each example, the largest first
    Reference: Caron et al., Emerging properties in self-supervised vision transformers, 2021, https://arxiv.org/abs/2104.14294
    """

    needs_outputs: ClassVar[tuple[str, ...]] = ("prototypes",)
    needs_views: ClassVar[int] = 2
    more_views: ClassVar[bool] = True
    across_batch: ClassVar[bool] = True

    teacher_momentum: float = param(
        "Share of the teacher's weights that a step keeps at the start; it rises to 1 along a half cosine.",
        default=0.996,
        minimum=0,
        maximum=1,
    )
    teacher_temperature: float = param("What the teacher's scores are divided by.", default=0.04, above=0)
    student_temperature: float = param("What the student's scores are divided by.", default=0.1, above=0)
    center_momentum: float = param("Share of the centre that a step keeps.", default=0.9, minimum=0, maximum=1)
    warmup_teacher_temperature: float = param("The teacher's temperature at the start of its warm-up.", default=0.04, above=0)
    warmup_teacher_temperature_epochs: float = param("Epochs in which it rises from there to its own.", default=0.0, minimum=0)
    freeze_last_layer_epochs: float = param("Epochs in which the prototypes do not learn.", default=1.0, minimum=0)
    global_views: int = param("How many views, the first ones, the teacher sees.", default=2, minimum=1)


@declare("objective", "deep_cluster", target="specc.objectives.contrastive.deep_cluster.DeepCluster", examples=[{}])
class DeepCluster(Objective):
    """A network is to say in which cluster an example's features lay before some epochs, as k-means found them among all.

    The first view of an example is the one whose features are clustered, so it is best as the example is; the second is learned.
    The head has as many scores as there are clusters. It begins anew with them; small clusters count as much as large ones.

    Formula: -w_c log softmax(scores)_c, c the nearest centre of the first view's features (of length 1), w_c = N / (clusters N_c)
    Needs: the head `clusters`, two views of each example, and an output of features
    Reference: Caron et al., Deep clustering for unsupervised learning of visual features, 2018, https://arxiv.org/abs/1807.05520
    """

    needs_outputs: ClassVar[tuple[str, ...]] = ("clusters",)
    needs_views: ClassVar[int] = 2

    every: int = param("Epochs after which clusters are found anew: some hundred steps should lie between.", default=1, minimum=1)
