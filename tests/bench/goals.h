// SPDX-License-Identifier: ISC
// What the design asks for in speed, one row per goal, and whether it was reached.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/rounds.h"

namespace minetd::bench {

/// A markdown table: what was asked and what came, for the comparisons that were made.
std::string goals_table(const std::vector<Comparison>&);

}  // namespace minetd::bench
