"""Makes a language model of random weights, in the format that llama.cpp reads: it says nothing, in valid JSON.

Run in the environment of `tests/servers/requirements.txt`: `python tests/servers/tiny_model.py FILE [SEED]`. Its
vocabulary is one token for each printable character and one for each byte; quotes and closing brackets are likelier,
so that answers end. A schema that the server enforces makes of it a model that is random and valid: a fuzz of
whatever asks it.
"""

import sys
from pathlib import Path

import gguf
import numpy as np

WIDTH, HEADS, LAYERS, HIDDEN = 64, 2, 1, 128
CONTEXT = 131_072
LIKELY = {'"': 2.2, "}": 2.4, "]": 1.6, ",": 0.8, "e": 1.0, " ": 1.2}
TEMPLATE = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:"


def vocabulary() -> tuple[list[bytes], list[float], list[int]]:
    """Return tokens, scores and types, as a SentencePiece vocabulary has them."""
    kinds = gguf.TokenType
    tokens = [b"<unk>", b"<s>", b"</s>"]
    types = [kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL]
    tokens += [f"<0x{byte:02X}>".encode() for byte in range(256)]
    types += [kinds.BYTE] * 256
    printable = [chr(code) for code in range(33, 127)] + ["\u2581"]  # the last stands for a space
    tokens += [character.encode() for character in printable]
    types += [kinds.NORMAL] * len(printable)
    return tokens, [0.0] * len(tokens), [int(kind) for kind in types]


def make(path: Path, seed: int) -> None:
    """Write the model."""
    dice = np.random.default_rng(seed)
    tokens, scores, types = vocabulary()
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("tiny-random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(types)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(TEMPLATE)

    def random(*shape: int) -> np.ndarray:
        return dice.normal(0, 1 / np.sqrt(shape[-1]), shape).astype(np.float32)

    embedding = random(len(tokens), WIDTH)
    embedding[:, 0] = 3.0  # a number that every state has: what the output's bias hangs on
    output = random(len(tokens), WIDTH)
    output[:, 0] = [_likely(token.decode()) / 8 for token in tokens]
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    writer.add_tensor("output.weight", output)
    for layer in range(LAYERS):
        for name, shape in (
            ("attn_q", (WIDTH, WIDTH)), ("attn_k", (WIDTH, WIDTH)), ("attn_v", (WIDTH, WIDTH)),
            ("attn_output", (WIDTH, WIDTH)), ("ffn_gate", (HIDDEN, WIDTH)), ("ffn_up", (HIDDEN, WIDTH)),
            ("ffn_down", (WIDTH, HIDDEN)),
        ):  # fmt: skip
            writer.add_tensor(f"blk.{layer}.{name}.weight", random(*shape) * 0.1)
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(WIDTH, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _likely(token: str) -> float:
    if token.startswith("<0x"):
        return -4.0  # bytes alone are rarely UTF-8
    return LIKELY.get(token.replace("\u2581", " "), 0.0)


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
