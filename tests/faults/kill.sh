#!/bin/sh
# kill -9 at N instants of an ingest (200), spread over its whole run: it opens, verifies, and goes on to the same digests.
set -u
cd "$(dirname "$0")/../.."
FB_KILLS=${1:-200} exec "${B:-build}/tests/test_resume"
