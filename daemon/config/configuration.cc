// SPDX-License-Identifier: ISC
#include "daemon/config/configuration.h"

#include <algorithm>
#include <unordered_map>

#include "daemon/config/assemble.h"
#include "daemon/config/check.h"
#include "daemon/config/dialect.h"
#include "daemon/config/host_check.h"
#include "daemon/config/reader.h"

namespace minetd {
namespace {

Configuration configure(Reader& reader, const LoadOptions& options, Diagnostics& diagnostics) {
    Configuration configuration;
    std::vector<Draft> drafts;
    const bool sound = assemble(reader, configuration.daemon, drafts, diagnostics);
    configuration.fatal = reader.fatal || !sound;

    std::vector<Draft*> good;
    for (Draft& draft : drafts) {
        conclude(draft, rules_of(options.dialect).full_argv0, diagnostics);
        if (!draft.broken()) check(draft, options, diagnostics);
        if (!draft.broken() && options.check_host && !draft.spec.disable)
            check_on_host(draft, diagnostics);
        if (draft.spec.disable) continue;
        if (draft.broken())
            configuration.broken.push_back(draft.broken_key());
        else
            good.push_back(&draft);
    }
    check_together(good, diagnostics);
    if (options.check_host) warn_without_root(good, diagnostics);
    for (const Draft* draft : good)
        configuration.services.push_back(std::make_shared<const ServiceSpec>(draft->spec));
    return configuration;
}

/// `/etc/minetd.conf` has `/etc/minetd.d`; a file of another name has none.
std::string usual_drop_ins(const std::string& file) {
    constexpr std::string_view end = ".conf";
    return file.ends_with(end) ? file.substr(0, file.size() - end.size()) + ".d" : std::string();
}

}  // namespace

// The order of services in a file is no meaning: their keys are unique.
bool Configuration::operator==(const Configuration& other) const {
    if (daemon != other.daemon || broken != other.broken || fatal != other.fatal ||
        services.size() != other.services.size())
        return false;
    std::unordered_map<std::string, const ServiceSpec*> by_key;
    for (const auto& spec : services) by_key.emplace(spec->key(), spec.get());
    return std::all_of(other.services.begin(), other.services.end(), [&](const auto& spec) {
        const auto found = by_key.find(spec->key());
        return found != by_key.end() && *found->second == *spec;
    });
}

Configuration load_configuration(const std::string& file, const LoadOptions& options,
                                 Diagnostics& diagnostics) {
    Reader reader(options, diagnostics);
    reader.read_file(file);
    const std::string directory =
        options.drop_ins.empty() ? usual_drop_ins(file) : options.drop_ins;
    if (!directory.empty()) reader.read_drop_ins(directory);
    return configure(reader, options, diagnostics);
}

Configuration parse_configuration(std::string_view text, const std::string& file,
                                  const LoadOptions& options, Diagnostics& diagnostics) {
    Reader reader(options, diagnostics);
    reader.read_text(text, file);
    if (!options.drop_ins.empty()) reader.read_drop_ins(options.drop_ins);
    return configure(reader, options, diagnostics);
}

}  // namespace minetd
