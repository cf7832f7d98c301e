"""What is known of causal language models without loading one."""

import json
import subprocess
import sys

import pytest

from cllm4rec import Invalid, NotFound, Unsupported, causal


def folder(path, **config):
    (path / "config.json").write_text(json.dumps({"model_type": "gpt2", **config}))
    (path / "model.safetensors").write_bytes(b"")
    (path / "tokenizer.json").write_text("{}")
    return str(path)


def test_neither_the_sdk_nor_the_checks_of_folders_import_what_is_heavy():
    code = "import sys, cllm4rec; from cllm4rec import causal; print([m for m in ('torch', 'transformers', 'scipy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize("device", ["cpu", "cuda", "cuda:3"])
def test_a_folder_and_a_device_that_will_do(tmp_path, device):
    causal.check(folder(tmp_path), device)


@pytest.mark.parametrize("device", ["gpu", "cuda:", "CPU", "cuda:1 "])
def test_an_unknown_device_is_named(tmp_path, device):
    with pytest.raises(Invalid, match=f'expected cpu, cuda or cuda:N, got "{device}"'):
        causal.check(folder(tmp_path), device)


def test_what_is_no_causal_language_model_is_refused(tmp_path):
    with pytest.raises(NotFound, match="there is no folder"):
        causal.check(str(tmp_path / "none"), "cpu")
    with pytest.raises(Unsupported, match="is of an encoder-decoder"):
        causal.check(folder(tmp_path, is_encoder_decoder=True), "cpu")


def test_a_fingerprint_is_of_weights_configuration_and_tokenizer(tmp_path):
    told = []
    first = causal.fingerprint(folder(tmp_path), lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] > 0
    (tmp_path / "README.md").write_text("words")
    assert causal.fingerprint(str(tmp_path), lambda done, total: None) == first
    (tmp_path / "merges.txt").write_text("a b")
    assert causal.fingerprint(str(tmp_path), lambda done, total: None) != first


def test_semantics_rise_with_those_of_the_plugin():
    assert causal.semantics(2) == causal.semantics(1) + 1 >= 2
