// SPDX-License-Identifier: ISC
// What the fuzz targets of the configuration hold any input to.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/config/configuration.h"

namespace minetd::fuzz {

/// Reading never fails otherwise than by a diagnostic, every diagnostic can be shown, and the dump
/// of what was accepted is read back as the same without an error.
inline void read_and_dump(std::string_view text, Dialect dialect) {
    // A glob over the whole file system is slow, and says nothing about the parser.
    if (text.find(".include") != text.npos && text.find_first_of("*?") != text.npos) return;
    LoadOptions options;
    options.dialect = dialect;
    options.check_host = false;
    options.builtins = {{"echo", true, true},
                        {"time", true, true},
                        {"tcpmux", true, false},
                        {"redirect", true, false},
                        {"sensor", true, true}};
    Diagnostics diagnostics;
    Configuration read = parse_configuration(text, "/nonexistent/fuzz.conf", options, diagnostics);
    for (const Diagnostic& diagnostic : diagnostics.all())
        if (render(diagnostic).empty() || summary(diagnostic).empty()) std::abort();
    if (!read.broken.empty() && !diagnostics.failed()) std::abort();

    read.broken.clear();
    read.fatal = false;
    options.dialect = Dialect::automatic;
    Diagnostics second;
    const Configuration again =
        parse_configuration(dump(read), "/nonexistent/fuzz.conf", options, second);
    if (second.failed() || !(again == read)) std::abort();
    const Changes same = changes(read, again);
    if (same.kept.size() != read.services.size()) std::abort();
}

}  // namespace minetd::fuzz
