"""CSV files as people keep their results: the shapes counted in public repositories.

A case is a header, a line for each run (or epoch), and what should come of it. In a line {m} is the
model, {s} the seed, {a} the accuracy as a fraction, {p} in percent, {e} the error as a fraction,
{l} a loss, {t} a training accuracy, {k} a count from 0. The first model is ahead by three points.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass

MODELS = ("resnet50", "vit_tiny")
LEVELS = {"resnet50": 0.912, "vit_tiny": 0.882}
NOISE = {
    "resnet50": (0.0, 0.003, -0.002, 0.002, -0.003),
    "vit_tiny": (0.003, -0.002, 0.0, -0.003, 0.002),
}
GAP = 3.0


@dataclass(frozen=True)
class Case:
    """answer: the one mapping that settles the question, where one is asked. best: the one option
    is --accept-best. arms: as Bakeoff calls the two. gap: in points. decides: whether there is
    enough for a winner; lone: the file holds one arm only."""

    name: str
    text: str
    answer: str = ""
    best: bool = False
    arms: tuple[str, str] = MODELS
    gap: float = GAP
    decides: bool = True
    lone: bool = False
    metric: str = "accuracy"


def accuracy(model: str, seed: int) -> float:
    return round(LEVELS[model] + NOISE[model][seed], 4)


def table(
    head: str,
    line: str,
    *,
    seeds: int = 3,
    models: tuple[str, ...] = MODELS,
    extra: tuple[str, ...] = ("",),
    epochs: int = 1,
    first_seed: int = 0,
    end: str = "\n",
) -> str:
    """A line a run, or an epoch of it; {x} stands for each of `extra`."""
    lines, k = [head], 0
    for x in extra:
        for m in models:
            for s in range(seeds):
                for epoch in range(epochs):
                    a = accuracy(m, s) - 0.01 * (epochs - 1 - epoch)
                    lines.append(
                        line.format(
                            m=m, s=s + first_seed, a=f"{a:.4f}", p=f"{100 * a:.2f}",
                            e=f"{1 - a:.4f}", l=f"{1.5 - a:.4f}", t=f"{0.95 + 0.001 * s:.4f}",
                            c=f"{a:.4f}".replace(".", ","), k=k, x=x, epoch=epoch,
                            q=f"{100 - 100 * a:.2f}",
                        )
                    )  # fmt: skip
                    k += 1
    return end.join(lines) + end


def wide(head: str, before: str = "{m}", percent: bool = False, after: str = "") -> str:
    """A line an arm, a cell a seed."""
    lines = [head]
    for m in MODELS:
        cells = [accuracy(m, s) * (100 if percent else 1) for s in range(3)]
        mean, sd = statistics.mean(cells), statistics.stdev(cells)
        given = after.format(mean=f"{mean:.4f}", sd=f"{sd:.4f}")
        lines.append(",".join([before.format(m=m), *(f"{c:.4f}" for c in cells)]) + given)
    return "\n".join(lines) + "\n"


def summary(head: str, line: str, extra: tuple[str, ...] = ("",)) -> str:
    """A line an arm: mean and standard deviation over five seeds."""
    lines = [head]
    for x in extra:
        for m in MODELS:
            values = [accuracy(m, s) for s in range(5)]
            mean, sd = statistics.mean(values), statistics.stdev(values)
            lines.append(
                line.format(m=m, x=x, mean=f"{mean:.4f}", sd=f"{sd:.4f}", pm=f"{100 * mean:.2f}",
                            ps=f"{100 * sd:.2f}", ci=f"{1.2 * sd:.4f}")
            )  # fmt: skip
    return "\n".join(lines) + "\n"


def _by(name: str) -> tuple[str, str]:
    return (f"{name}={MODELS[0]}", f"{name}={MODELS[1]}")


CASES = (
    Case("model-seed-val_accuracy", table("model,seed,val_accuracy", "{m},{s},{a}")),
    Case("experiment_name", table("experiment_name,seed,test_accuracy", "{m},{s},{a}")),
    Case("best_val_acc", table("model_name,training_seed,best_val_acc", "{m},{s},{a}"), best=True),
    Case("split_seed", table("method,split_seed,accuracy", "{m},{s},{a}")),
    Case("fold", table("method,fold,accuracy", "{m},{s},{a}", seeds=5)),
    Case(
        "fold-from-1",
        table("model,fold,val_acc,val_loss", "{m},{s},{a},{l}", seeds=5, first_seed=1),
    ),
    Case(
        "epochs",
        table(
            "model,seed,epoch,train_loss,train_acc,val_loss,val_acc",
            "{m},{s},{epoch},{l},{t},{l},{a}",
            epochs=4,
        ),
    ),
    Case(
        "best-and-final",
        table(
            "experiment_name,seed,best_epoch,best_val_acc,final_val_acc", "{m},{s},17,0.9990,{a}"
        ),
    ),
    Case("acc_mean-acc_std-n", summary("model,acc_mean,acc_std,n", "{m},{mean},{sd},5")),
    Case("plus-minus-n", summary("method,accuracy,n", "{m},{pm} ± {ps},5")),
    Case("column-a-seed", wide("method,seed_0,seed_1,seed_2")),
    Case(
        "column-an-arm",
        "seed,resnet50,vit_tiny\n"
        + "".join(f"{s},{accuracy('resnet50', s)},{accuracy('vit_tiny', s)}\n" for s in range(3)),
    ),
    Case(
        "data-set",
        table("dataset,method,seed,acc", "{x},{m},{s},{a}", extra=("cifar10", "svhn")),
        arms=("resnet50 on cifar10", "vit_tiny on cifar10"),
    ),
    Case("decimal-commas", table("model;seed;accuracy", "{m};{s};{c}")),
    Case("pandas-index", table(",model,seed,acc", "{k},{m},{s},{a}")),
    Case("percent-signs", table("model,seed,acc", "{m},{s},{p}%")),
    Case(
        "several-metrics",
        table("model,seed,accuracy,precision,recall,f1,auc", "{m},{s},{a},0.9{s},0.8{s},0.85,0.97"),
    ),
    Case(
        "wandb-runs",
        table(
            '"Name","State","Runtime","config.model","config.seed","test/acc"',
            '"run-{k}","finished","812","{m}","{s}","{a}"',
        ),
    ),
    Case(
        "mlflow-page",
        table(
            "Run ID,Name,Status,params.model,params.seed,metrics.val_acc",
            "f{k}0ab,calm-fox-{k},FINISHED,{m},{s},{a}",
        ),
    ),
    Case(
        "top1-top5-params", table("model,params,flops,seed,top1,top5", "{m},25.6,4.1,{s},{p},99.1")
    ),
    Case(
        "one-setting-differs",
        table("lr,batch_size,optimizer,seed,val_accuracy", "0.1,128,{m},{s},{a}"),
        arms=_by("optimizer"),
    ),
    Case(
        "two-settings-differ",
        table("lr,dropout,optimizer,seed,test_acc", "0.{s}1,0.5,{m},{s},{a}"),
        answer="arm=optimizer",
    ),
    Case(
        "with-dates",
        table(
            "timestamp,model,seed,epochs,train_acc,test_acc,train_time_s,num_params",
            "2024-03-0{s} 12:00:00,{m},{s},90,{t},{a},812.{s},1200000",
        ),
    ),
    Case(
        "final-losses",
        table("model,seed,test_acc,test_loss,train_acc,train_loss", "{m},{s},{a},{l},{t},0.01"),
    ),
    Case("variant", table("experiment,variant,seed,accuracy", "ablation,{m},{s},{a}")),
    Case(
        "augmentation",
        table("augmentation,seed,final_val_acc", "{m},{s},{a}"),
        arms=_by("augmentation"),
    ),
    Case(
        "a-switch",
        table("pretrained,seed,accuracy", "{m},{s},{a}")
        .replace("resnet50", "True")
        .replace("vit_tiny", "False"),
        arms=("pretrained=True", "pretrained=False"),
    ),
    Case("percent-in-the-header", table("Model,Seed,Top-1 Accuracy (%)", "{m},{s},{p}")),
    Case("random_seed", table("model,random_seed,Acc.", "{m},{s},{a}", first_seed=42)),
    Case("run-numbers", table("arch,run,top1_acc", "{m},{s},{p}", first_seed=1)),
    Case("blanks-in-names", table("Model,Test Accuracy,Seed", "{m},{a},{s}")),
    Case("error-rate", table("strategy,repeat,error_rate", "{m},{s},{e}")),
    Case("error-percent", table("method,trial,test_error (%)", "{m},{s},{q}")),
    Case(
        "split-column", table("model,seed,split,accuracy", "{m},{s},{x},{a}", extra=("val", "test"))
    ),
    Case(
        "one-run-each",
        table("model,accuracy,params", "{m},{a},1200000", seeds=1),
        gap=2.7,
        decides=False,
    ),
    Case(
        "one-experiment-each",
        table("experiment_name,accuracy,precision,recall,f1_score", "{m},{a},0.9,0.9,0.9", seeds=1),
        gap=2.7,
        decides=False,
    ),
    Case(
        "one-log",
        table(
            "epoch,train_loss,train_acc,val_loss,val_acc",
            "{epoch},{l},{t},{l},{a}",
            seeds=1,
            models=MODELS[:1],
            epochs=6,
        ),
        lone=True,
    ),
    Case(
        "one-log-with-rate",
        table(
            "Epoch,Train Loss,Val Loss,Val Accuracy,LR,Time",
            "{epoch},{l},{l},{p},0.001,31.2",
            seeds=1,
            models=MODELS[:1],
            epochs=6,
        ),
        lone=True,
    ),
    Case(
        "folds-of-one-arm",
        table("fold,accuracy,f1", "{s},{a},0.9", models=MODELS[:1], seeds=5),
        lone=True,
    ),
    Case("fold-and-seed", table("model,seed,fold,acc", "{m},{s},{x},{a}", extra=("0", "1", "2"))),
    Case(
        "seeds-of-one-arm",
        table("seed,val_acc,test_acc", "{s},{a},{a}", models=MODELS[:1]),
        lone=True,
    ),
    Case("val-and-test", table("model,seed,val_acc,test_acc", "{m},{s},{t},{a}")),
    Case(
        "mean_acc-std_acc-n_seeds", summary("model,mean_acc,std_acc,n_seeds", "{m},{mean},{sd},5")
    ),
    Case(
        "percent-means",
        summary("Method,Accuracy Mean (%),Accuracy Std (%),Runs", "{m},{pm},{ps},5"),
    ),
    Case("plus-minus-in-cells", summary("Model,Accuracy", "{m},{pm}±{ps} (n=5)")),
    Case(
        "means-by-data-set",
        summary(
            "dataset,model,acc_mean,acc_std,num_runs",
            "{x},{m},{mean},{sd},5",
            extra=("cifar10", "svhn"),
        ),
        arms=("resnet50 on cifar10", "vit_tiny on cifar10"),
    ),
    Case(
        "seeds-and-their-mean",
        wide("model,seed 1,seed 2,seed 3,mean,std", percent=True, after=",{mean},{sd}"),
    ),
    Case("run1-run2", wide("Model,run1,run2,run3", percent=True)),
    Case("tabs", table("model\tseed\taccuracy", "{m}\t{s}\t{a}")),
    Case("byte-order-mark", "\ufeff" + table("model,seed,accuracy", "{m},{s},{a}", end="\r\n")),
    Case(
        "comment-lines", "# results of 2024-03-01\n" + table("model,seed,accuracy", "{m},{s},{a}")
    ),
    Case("seed-in-the-name", table("experiment_name,accuracy", "{m}_seed{s},{a}")),
    Case("short-seed-in-the-name", table("run_name,final_acc", "{m}-s{s},{a}")),
    Case(
        "many-columns",
        table(
            "model_name,num_params,best_val_acc,final_val_acc,epochs,training_seed",
            "{m},11.2,0.99,{a},100,{s}",
        ),
    ),
    Case(
        "loss-and-optimizer",
        table("loss_fn,optimizer,seed,test_accuracy", "ce,{m},{s},{a}"),
        arms=_by("optimizer"),
    ),
    Case("classifier", table("classifier,fold,acc,f1", "{m},{s},{a},0.9", seeds=5)),
    Case("backbone", table("backbone,seed,acc", "{m},{s},{a}")),
    Case("algo", table("algo,seed,acc", "{m},{s},{a}")),
    Case("condition", table("condition,seed,test_acc,n_train", "{m},{s},{a},5000")),
    Case(
        "stages",
        table(
            "model,seed,epoch,phase,loss,acc",
            "{m},{s},{epoch},{x},{l},{a}",
            extra=("train", "val"),
            epochs=3,
        ),
    ),
    Case(
        "metric-and-value",
        table("model,seed,metric,value", "{m},{s},{x},{a}", extra=("accuracy", "f1")),
    ),
    Case("acc@1", table("model,seed,acc@1,acc@5", "{m},{s},{p},99.0")),
    Case(
        "best-epoch",
        table("model,seed,best_epoch,val_accuracy,test_accuracy", "{m},{s},30,{t},{a}"),
    ),
    Case("seeds-as-words", table("method,seed,accuracy", "{m},seed{s},{a}", first_seed=42)),
    Case("best-beside-last", table("model,seed,val_accuracy,best_val_accuracy", "{m},{s},{a},{t}")),
    Case("rounds", table("round,strategy,seed,accuracy", "{epoch},{m},{s},{a}", epochs=3)),
    Case("accuracy-std-runs", summary("method,accuracy,std,runs", "{m},{mean},{sd},5")),
    Case("config", table("config,seed,acc", "{m},{s},{a}")),
    Case("val_acc1", table("setting,seed,val_acc1,val_acc5", "{m},{s},{p},99.0")),
    Case("exp", table("exp,seed,val acc,val f1", "{m},{s},{a},0.9")),
    Case(
        "balanced",
        table("model,seed,balanced_accuracy,f1_macro", "{m},{s},{a},0.9"),
        answer="accuracy=balanced_accuracy",
    ),
    Case("accuracies", table("model,seed,train_accuracy,validation_accuracy", "{m},{s},{t},{a}")),
)
UNSEEN = tuple(case for at, case in enumerate(CASES) if at % 3 == 2)
"""Not looked at while the reading was mended."""
SEEN = tuple(case for at, case in enumerate(CASES) if at % 3 != 2)
