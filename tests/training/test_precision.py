"""bf16 where it pays: what stays float32, what a resume keeps, and how it is chosen."""

import copy
import signal
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

import bakeoff
from bakeoff.bakeoffs.planning import plan as planning
from bakeoff.bakeoffs.planning.plan import choose_precision, plan
from bakeoff.bakeoffs.specification.spec_loading import read_spec
from bakeoff.errors import Stopped, UnknownName, UsageError
from bakeoff.records.manifest import load_manifest
from bakeoff.records.store import load_record, save_record
from bakeoff.training.assemble import assemble
from bakeoff.training.callbacks import Listener
from bakeoff.training.distributed.process_group import ALONE
from bakeoff.training.identity import record_identity
from bakeoff.training.precision import _processors_bf16, bf16_by
from bakeoff.training.run import execute
from bakeoff.training.smallmap import SmallMapConv2d
from bakeoff.training.step import train_step
from bakeoff.training.throughput import Rate

CPU = torch.device("cpu")
PINS = {"batch_size": 16}


def in_bf16(job):
    return replace(job, precision="bf16")


@pytest.mark.parametrize(
    ("kernel", "stride", "size", "bias"),
    [(1, 1, 4, False), (1, 2, 4, True), (3, 1, 2, True), (3, 2, 4, False), (3, 1, 14, False)],
)
def test_small_map_products_are_bf16_and_agree_with_torchs_convolution(kernel, stride, size, bias):
    torch.manual_seed(0)
    conv = nn.Conv2d(32, 24, kernel, stride, padding=kernel // 2, bias=bias)
    twin = SmallMapConv2d.of(copy.deepcopy(conv))
    x = torch.randn(4, 32, size, size)
    xs = [x.clone().requires_grad_() for _ in range(2)]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outs = [module(given) for module, given in zip((conv, twin), xs, strict=True)]
    assert outs[1].dtype is outs[0].dtype is torch.bfloat16
    close = {"rtol": 0.05, "atol": 0.05}
    torch.testing.assert_close(outs[1], outs[0], **close)
    for out in outs:
        out.float().square().mean().backward()
    torch.testing.assert_close(xs[1].grad, xs[0].grad, **close)
    assert twin.weight.grad.dtype is torch.float32
    torch.testing.assert_close(twin.weight.grad, conv.weight.grad, **close)


def test_weights_optimizer_statistics_and_losses_stay_float32(make_job):
    parts = assemble(in_bf16(make_job()), CPU)
    seen = []
    first = next(m for m in parts.state.model.modules() if isinstance(m, nn.Conv2d))
    first.register_forward_hook(lambda _, __, out: seen.append(out.dtype))
    loss = train_step(parts.state, parts.feed.batch(0))
    assert seen == [torch.bfloat16]
    assert loss.dtype is torch.float32
    assert {p.dtype for p in parts.state.model.parameters()} == {torch.float32}
    assert {p.grad.dtype for p in parts.state.model.parameters()} == {torch.float32}
    floats = [b for b in parts.state.model.buffers() if b.is_floating_point()]
    assert {b.dtype for b in floats} == {torch.float32}
    kept = [
        value
        for state in parts.state.optimizer.state.values()
        for value in state.values()
        if isinstance(value, torch.Tensor)
    ]
    assert {value.dtype for value in kept} == {torch.float32}


def test_an_interrupted_bf16_run_ends_with_the_same_bits(make_job, tmp_path):
    job = in_bf16(make_job())
    whole = execute(job, tmp_path / "whole", device=CPU)

    class Interrupt(Listener):
        def evaluated(self, point):
            if point.step == job.budget.steps // 2:
                signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Stopped):
        execute(job, tmp_path / "parted", device=CPU, listener=Interrupt())
    parted = execute(job, tmp_path / "parted", device=CPU)
    assert parted.resumed == 1
    assert parted.environment.precision == whole.environment.precision == "bf16"
    assert parted.result == whole.result
    weights = [load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "parted")]
    for key, value in weights[0].items():
        assert torch.equal(value, weights[1][key]), key


def test_a_run_of_one_precision_is_not_a_run_of_another(make_job, tmp_path):
    job = make_job(images=32)
    record = execute(job, tmp_path, device=CPU)
    assert record.environment.precision == "fp32"
    with pytest.raises(UsageError, match="precision"):
        execute(in_bf16(job), tmp_path, device=CPU)
    assert job.fingerprint != in_bf16(job).fingerprint


def test_a_record_that_does_not_say_is_float32(make_job, tmp_path):
    job = make_job(images=32)
    record = execute(job, tmp_path, device=CPU)
    said = record.environment.model_dump(exclude={"precision"})
    silent = record.model_validate({**record.model_dump(), "environment": said})
    assert silent.environment.precision == "fp32"
    assert record_identity(silent) == job.identity
    save_record(silent, tmp_path)
    assert execute(job, tmp_path, device=CPU) == load_record(tmp_path)


def chosen(monkeypatch, make_job, *, by, bf16=2.0, asked="auto", kept=None):
    """What is chosen where bf16 trains `bf16` times as fast as float32, and what was measured."""
    measured = []

    def measure(job, *_):
        measured.append(job.precision)
        return Rate(100.0 * (bf16 if job.precision == "bf16" else 1.0), 400.0)

    monkeypatch.setattr(planning, "measure", measure)
    monkeypatch.setattr(planning, "bf16_by", lambda _: by)
    facts, (rate,) = choose_precision(asked, kept, [make_job()], CPU, ALONE)
    return facts, rate, measured


@pytest.mark.parametrize(
    ("case", "used", "because"),
    [
        ({"by": ""}, "fp32", "no bf16"),
        ({"by": "AMX", "bf16": 1.5}, "bf16", "faster"),
        ({"by": "AMX", "bf16": 0.9}, "fp32", "not faster"),
        ({"by": "AMX", "asked": "fp32"}, "fp32", "asked"),
        ({"by": "", "asked": "bf16"}, "bf16", "asked"),
        ({"by": "AMX", "kept": "fp32"}, "fp32", "kept"),
        ({"by": "", "kept": "bf16"}, "bf16", "kept"),
    ],
)
def test_bf16_is_chosen_only_where_it_is_measured_to_be_faster(
    monkeypatch, make_job, case, used, because
):
    facts, rate, measured = chosen(monkeypatch, make_job, **case)
    assert (facts.used, facts.because) == (used, because)
    assert measured == (["fp32", "bf16"] if "faster" in because else [used])
    assert rate.train == 100.0 * (case.get("bf16", 2.0) if used == "bf16" else 1.0)
    assert str(facts).startswith(used)
    if because == "asked" and used == "bf16":
        assert "only emulates" in str(facts)


def test_a_bakeoff_keeps_the_precision_it_began_with(monkeypatch, quarters, tmp_path):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)
    spec = {
        "name": "toy",
        "data": "quarters",
        "model": "test_resnet",
        "arms": [{"recipe": "standard", "pin": PINS}],
        "seeds": 1,
        "budget": "32images",
        "precision": "bf16",
    }
    (record,) = bakeoff.run(spec, out=tmp_path, device="cpu").records
    assert record.environment.precision == "bf16"
    assert load_manifest(tmp_path).precision == "bf16"
    again = bakeoff.run({**spec, "seeds": 2, "precision": "auto"}, out=tmp_path, device="cpu")
    assert {r.environment.precision for r in again.records} == {"bf16"}
    with pytest.raises(UsageError, match="began in bf16 and cannot go on in fp32"):
        bakeoff.run(spec, precision="fp32", out=tmp_path, device="cpu")


def test_here_auto_is_what_the_processor_allows(monkeypatch, quarters):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)
    if bf16_by(CPU):
        pytest.skip("this processor has bf16")
    spec = {"name": "toy", "data": "q", "model": "test_resnet", "arms": ["standard"], "seeds": 1}
    made = plan(read_spec({**spec, "budget": "32images"}), CPU)
    assert made.arms[0].job.precision == "fp32"
    assert "no bf16 instructions" in str(made.precision)


@pytest.mark.parametrize(
    ("content", "by"),
    [
        ("flags\t\t: fpu avx512f avx512_bf16 amx_bf16 amx_tile\n", "AMX"),
        ("flags\t\t: fpu avx512f avx512_bf16\n", "AVX512-BF16"),
        ("Features\t: fp asimd bf16 i8mm\n", "Arm's bf16"),
        ("flags\t\t: fpu avx2 avx512f\n", ""),
        ("nothing here\n", ""),
    ],
)
def test_the_processor_is_asked_for_its_instructions(tmp_path, content, by):
    listed = tmp_path / "cpuinfo"
    listed.write_text(content)
    assert _processors_bf16(listed) == by
    assert _processors_bf16(tmp_path / "gone") == ""


def test_an_unknown_precision_is_refused(make_job, tmp_path):
    with pytest.raises(UsageError, match="precision"):
        read_spec({"name": "x", "data": "q", "arms": ["standard"]}, precision="fp8")
    with pytest.raises(UnknownName, match="fp8"):
        bakeoff.evaluate("timm:resnet50", precision="fp8", out=tmp_path)
