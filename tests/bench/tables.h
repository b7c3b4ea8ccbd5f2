// SPDX-License-Identifier: ISC
// A comparison as a markdown table, a row per server.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/rounds.h"

namespace minetd::bench {

/// Ratios are of medians; where either side has no round that counts, the row is marked and the
/// ratio left out. A burst is a table of times in place of rates.
std::string table_of(const Comparison&);

/// What attackers take from the others, per server, for every workload that was measured without
/// and with them; empty for none.
std::string attack_table(const std::vector<Comparison>&);

}  // namespace minetd::bench
