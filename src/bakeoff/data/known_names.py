"""The data sets that have a name, without what loads them: for a shell that completes words."""

NAMES = (
    "mnist",
    "letters",
    "fashion-mnist",
    "kmnist",
    "cifar-10",
    "cifar-100",
    "svhn",
    "flowers-102",
    "imagenette",
)
