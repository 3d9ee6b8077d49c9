"""format=flowed put back into paragraphs (RFC 3676)."""


def unflow(text: str, *, delsp: bool) -> str:
    """Lines that were broken for transport joined again; quotes keep one `>` a level, the signature mark its line."""
    out: list[list[str]] = []
    depth_open, is_open = 0, False
    for written in text.split("\n"):
        depth = len(written) - len(written.lstrip(">"))
        line = written[depth:].removeprefix(" ")
        flows = line.endswith(" ") and line != "-- "
        kept = line[:-1] if flows and delsp else line
        if is_open and depth == depth_open and line != "-- ":
            out[-1].append(kept)
        else:
            out.append([">" * depth + " " if depth else "", kept])
        depth_open, is_open = depth, flows
    return "\n".join(line if line.endswith("-- ") else line.rstrip(" ") for line in map("".join, out))
