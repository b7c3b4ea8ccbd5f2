// SPDX-License-Identifier: ISC
// What a sandbox is to forbid, tried: by the probe program, and by a module in minetd's own
// processes.
#pragma once

#include <string>

namespace minetd {

/// Tries what a line says, a word and perhaps its object: "ok", the kernel's answer as the name of
/// an error number, or what was asked for. The words are in forbidden.cc.
std::string attempt(const std::string& line);

}  // namespace minetd
