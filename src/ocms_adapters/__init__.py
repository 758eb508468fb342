"""Everything outside OCMS that it talks to, one file each; no rule lives here."""
