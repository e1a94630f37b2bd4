#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>

static _Atomic uint64_t failures;

static void *counted(void *p, size_t n)
{
    if (!p && n)
        atomic_fetch_add_explicit(&failures, 1, memory_order_relaxed);
    return p;
}

void *fb_malloc(size_t n)
{
    return counted(malloc(n), n);
}

void *fb_calloc(size_t n, size_t size)
{
    return counted(calloc(n, size), n && size);
}

void *fb_realloc(void *p, size_t n)
{
    return counted(realloc(p, n), n);
}

uint64_t fb_alloc_failures(void)
{
    return atomic_load_explicit(&failures, memory_order_relaxed);
}
