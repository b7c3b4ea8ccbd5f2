// SPDX-License-Identifier: ISC
// xinetd's command line in minetd's words: its long options with one dash (xinetd(8)), so that the
// line of an old init script or unit starts minetd as it stands.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace minetd {

struct TranslatedOptions {
    std::vector<std::string> words;  ///< what remains is minetd's own
    bool of_xinetd = false;          ///< some option was one of xinetd's alone
};

/// Throws std::invalid_argument, with what to write instead, for a wrong or unknown option; xinetd
/// would pass over it in silence.
TranslatedOptions translate_xinetd_options(std::span<const std::string> words);

}  // namespace minetd
