"""Static files under names that carry their content's hash: a browser keeps them for ever and never sees an old one.

The front end is built with plain names, so each file is hashed once, here, imports between scripts included.
"""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage that also renames what one script imports from another."""

    support_js_module_import_aggregation = True
