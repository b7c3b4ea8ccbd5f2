// SPDX-License-Identifier: ISC
// Precompiled for the tests; see standard.h.
#include <doctest/doctest.h>

#include "standard.h"
