/* What an add-on shares with JavaScript in each of its environments (main thread or worker). Shared by the add-ons of the engines. */
#pragma once
#include <node_api.h>
#include <stddef.h>
#include <stdint.h>

/* CLOCK_MONOTONIC */
int64_t monotonic_nanos(void);

/*
 * The array of `count` shared numbers of this thread's environment, all 0 when it is made; their clock starts then. A second load
 * in the same environment (two copies of the package) shares the first one's. `end` is called on the thread when its environment
 * ends: from then on its calls have to pass straight through. Returns 0 where that failed.
 */
int shared_slots(napi_env env, size_t count, double **numbers, int64_t *origin_nanos, void (*end)(void *), napi_value *slots);

/* Nanoseconds from `origin_nanos`, as JavaScript takes them. */
napi_value nanos_since(napi_env env, int64_t origin_nanos);
