// SPDX-License-Identifier: ISC
// A configuration and what was said about it, for the tests of this directory.
#pragma once

#include <string>
#include <string_view>

#include "daemon/config/configuration.h"

namespace minetd::testing {

struct Reading {
    Configuration configuration;
    Diagnostics diagnostics;

    unsigned warnings() const {
        return static_cast<unsigned>(diagnostics.all().size()) - diagnostics.errors();
    }
    /// Everything that was found, rendered.
    std::string said() const {
        std::string out;
        for (const Diagnostic& diagnostic : diagnostics.all()) out += render(diagnostic);
        return out;
    }
    const ServiceSpec* find(std::string_view key) const {
        for (const auto& spec : configuration.services)
            if (spec->key() == key) return spec.get();
        return nullptr;
    }
    /// The only service; null when there is another number of them.
    const ServiceSpec* only() const {
        return configuration.services.size() == 1 ? configuration.services[0].get() : nullptr;
    }
};

inline LoadOptions options(Dialect dialect = Dialect::automatic) {
    LoadOptions options;
    options.dialect = dialect;
    options.check_host = false;
    options.builtins = {{"echo", true, true},    {"discard", true, true},
                        {"chargen", true, true}, {"daytime", true, true},
                        {"time", true, true},    {"tcpmux", true, false},
                        {"http", true, false},   {"redirect", true, false},
                        {"sensor", true, true},  {"services", true, false, true}};
    return options;
}

inline Reading read(std::string_view text, const LoadOptions& how = options()) {
    Reading reading;
    reading.configuration = parse_configuration(text, "test.conf", how, reading.diagnostics);
    return reading;
}

inline Reading load(const std::string& file, const LoadOptions& how = options()) {
    Reading reading;
    reading.configuration = load_configuration(file, how, reading.diagnostics);
    return reading;
}

}  // namespace minetd::testing
