// SPDX-License-Identifier: ISC
#include "daemon/config/configuration.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <unordered_map>

#include "daemon/config/assemble.h"
#include "daemon/config/check.h"
#include "daemon/config/dialect.h"
#include "daemon/config/host_check.h"
#include "daemon/config/reader.h"
#include "daemon/os/hosts_access.h"
#include "daemon/os/libwrap.h"

namespace minetd {
namespace {

Configuration configure(Reader& reader, const LoadOptions& options, Diagnostics& diagnostics) {
    Configuration configuration;
    std::vector<Draft> drafts;
    const bool sound = assemble(reader, configuration.daemon, drafts, diagnostics);
    std::move(reader.complete.begin(), reader.complete.end(), std::back_inserter(drafts));
    configuration.fatal = reader.fatal || !sound;
    configuration.files = std::move(reader.files);
    configuration.files.insert(reader.xinetd.files().begin(), reader.xinetd.files().end());
    configuration.incomplete = reader.xinetd.incomplete();

    std::vector<Draft*> enabled, good;
    for (Draft& draft : drafts) {
        const bool readable = !draft.broken();
        conclude(draft, rules_of(options.dialect).full_argv0, diagnostics);
        if (readable) check(draft, options, diagnostics);
        if (draft.spec.disable) continue;
        if (options.check_host) {
            if (readable)
                check_on_host(draft, diagnostics);
            else
                check_rest_on_host(draft, diagnostics);
        }
        enabled.push_back(&draft);
    }
    check_together(enabled, diagnostics);
    for (Draft* draft : enabled)
        if (!draft->broken())
            good.push_back(draft);
        else if (std::string key = draft->broken_key(); key != "/?")
            configuration.broken.push_back(std::move(key));
    if (options.check_host) warn_without_root(good, diagnostics);
    if (options.check_host && !libwrap::available())
        forgo_libwrap(good, {hosts_access::allow_table, hosts_access::deny_table}, diagnostics);
    if (options.look_up) warn_of_unknown_names(good, diagnostics);
    for (const Draft* draft : good)
        configuration.services.push_back(std::make_shared<const ServiceSpec>(draft->spec));
    return configuration;
}

/// In the order of the files, each from top to bottom; what is about a whole file comes last.
void hand_over(const Diagnostics& found, Diagnostics& diagnostics) {
    std::vector<const Diagnostic*> sorted;
    std::unordered_map<std::string, std::size_t> files;
    const auto rank = [&](const Diagnostic* diagnostic) {
        const Where& where = diagnostic->where;
        return std::tuple(where.file ? files.at(*where.file) : files.size(), where.line == 0,
                          where.line, where.column);
    };
    for (const Diagnostic& diagnostic : found.all()) {
        sorted.push_back(&diagnostic);
        if (diagnostic.where.file) files.emplace(*diagnostic.where.file, files.size());
    }
    std::stable_sort(sorted.begin(), sorted.end(),
                     [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
    // What is wrong with a default is told once, however many services it is about.
    const auto same = [](const Diagnostic* a, const Diagnostic* b) {
        return a->severity == b->severity && a->where.str() == b->where.str() &&
               a->message == b->message && a->advice == b->advice;
    };
    sorted.erase(std::unique(sorted.begin(), sorted.end(), same), sorted.end());
    for (const Diagnostic* one : sorted)
        if (one->severity == Severity::error)
            diagnostics.error(one->where, one->message, one->advice);
        else
            diagnostics.warning(one->where, one->message, one->advice);
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
    Diagnostics found;
    Reader reader(rules_of(options.dialect), found);
    reader.read_file(file);
    const std::string directory =
        options.drop_ins.empty() ? usual_drop_ins(file) : options.drop_ins;
    // What /etc/xinetd.d holds is named in /etc/xinetd.conf.
    if (!directory.empty() && !(options.drop_ins.empty() && reader.xinetd.any()))
        reader.read_drop_ins(directory);
    reader.settle();
    if (!options.inetd_conf.empty()) reader.read_beside(options.inetd_conf);
    Configuration configuration = configure(reader, options, found);
    hand_over(found, diagnostics);
    return configuration;
}

Configuration parse_configuration(std::string_view text, const std::string& file,
                                  const LoadOptions& options, Diagnostics& diagnostics) {
    Diagnostics found;
    Reader reader(rules_of(options.dialect), found);
    reader.read_text(text, file);
    if (!options.drop_ins.empty()) reader.read_drop_ins(options.drop_ins);
    reader.settle();
    Configuration configuration = configure(reader, options, found);
    hand_over(found, diagnostics);
    return configuration;
}

}  // namespace minetd
