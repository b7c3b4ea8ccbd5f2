// SPDX-License-Identifier: ISC
// The native form of a configuration. What a line says is found out by reading the line back, so
// that the section under it says exactly the rest.
#include <fmt/core.h>

#include <algorithm>

#include "daemon/config/attributes.h"
#include "daemon/config/check.h"
#include "daemon/config/configuration.h"
#include "daemon/config/dialect.h"
#include "daemon/config/inetd_lines.h"
#include "daemon/config/lines.h"
#include "daemon/config/names.h"
#include "daemon/config/pool_attributes.h"
#include "daemon/config/pool_clamps.h"
#include "daemon/config/values.h"

namespace minetd {
namespace {

const Row<ServiceSpec>& row_of(std::string_view name) {
    return *find_service_attribute(name);
}

/// `nowait.40/10/30/2`, as much of it as can be said.
std::string serve_text(const ServiceSpec& spec) {
    const Limits& limits = spec.limits;
    std::string out = row_of("serve").format(spec);
    if (limits.service_max.value_or(0) > 0) out += fmt::format(".{}", *limits.service_max);
    const auto number = [](std::optional<unsigned> limit) {
        return std::to_string(limit.value_or(0));
    };
    if (limits.per_source.value_or(0) > 0)
        return out + "/" + number(limits.instances) + "/" + number(limits.ip_max) + "/" +
               number(limits.per_source);
    if (limits.ip_max.value_or(0) > 0)
        return out + "/" + number(limits.instances) + "/" + number(limits.ip_max);
    return limits.instances.value_or(0) > 0 ? out + "/" + number(limits.instances) : out;
}

std::vector<std::string> line_words(const ServiceSpec& spec) {
    std::string service;
    if (spec.family == Family::unix_domain) {
        if (!spec.socket_user.empty() && !spec.socket_group.empty() && spec.socket_mode)
            service = fmt::format(":{}:{}:{}:", spec.socket_user, spec.socket_group,
                                  mode_text(*spec.socket_mode));
    } else {
        for (const std::string& host : spec.bind)
            service += (service.empty() ? "" : ",") + bracketed(host);
        if (!service.empty()) service += ":";
    }
    if (spec.tcpmux) service += spec.tcpmux_plus ? "tcpmux/+" : "tcpmux/";
    std::string protocol = row_of("protocol").format(spec);
    std::string name = spec.name;
    if (spec.rpc.low != 0 && spec.family != Family::unix_domain) {
        name += "/" + row_of("rpc_version").format(spec);
        protocol = "rpc/" + protocol;
    }
    for (const std::string_view buffer : {"sndbuf", "rcvbuf"})
        if (const std::string size = row_of(buffer).format(spec); size != "0")
            protocol += fmt::format(",{}={}", buffer, size);
    std::vector<std::string> words = {service + name,
                                      std::string(socket_type_text(spec.socket_type)),
                                      protocol,
                                      serve_text(spec),
                                      spec.user + (spec.group.empty() ? "" : ":" + spec.group) +
                                          (spec.login_class.empty() ? "" : "/" + spec.login_class),
                                      spec.is_builtin() ? "internal" : spec.server};
    if (spec.is_builtin() && (!spec.server_args.empty() || spec.builtin != spec.name))
        words.push_back(spec.builtin);
    words.insert(words.end(), spec.server_args.begin(), spec.server_args.end());
    return words;
}

/// A word as a line of the native dialect has it: quotes, but no escapes.
std::string line_word(const std::string& word) {
    const bool plain =
        !word.empty() && word.find_first_of(" \t\"'") == std::string::npos && word[0] != '#';
    if (plain) return word;
    return word.find('"') == std::string::npos ? '"' + word + '"' : '\'' + word + '\'';
}

/// The line, padded into columns for the first five fields.
std::string line_text(const ServiceSpec& spec) {
    static constexpr std::size_t widths[] = {15, 9, 7, 9, 9};
    std::string out;
    const std::vector<std::string> words = line_words(spec);
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string word = line_word(words[i]);
        out += i < std::size(widths)  ? fmt::format("{:<{}} ", word, widths[i])
               : i + 1 < words.size() ? word + " "
                                      : word;
    }
    return out;
}

/// What the line means by itself; nothing if it cannot be read, or means another service.
std::optional<ServiceSpec> meaning(const std::string& text, const ServiceSpec& spec) {
    Diagnostics diagnostics;
    const auto source = std::make_shared<const Source>("", text + "\n", diagnostics);
    auto line = std::make_shared<LogicalLine>(source);
    if (source->size() != 1 || text.starts_with('#') || text.starts_with('.') ||
        section_header(text))
        return std::nullopt;
    line->append(source->line(0).text, 0, 0);
    bool failed = false;
    const DialectRules& native = rules_of(Dialect::minetd);
    std::vector<Word> words = split(*line, native.quotes, false, diagnostics, failed);
    if (failed || words.size() < 6 || is_key_value(text)) return std::nullopt;
    Draft draft = read_record(line, std::move(words), LineContext{native}, diagnostics);
    conclude(draft, false, diagnostics);
    if (draft.broken() || diagnostics.failed() || draft.spec.key() != spec.key())
        return std::nullopt;
    return draft.spec;
}

/// The limits that a pool has unless its section says others: some follow from the rest.
PoolLimits usual_pool(const ServiceSpec& spec) {
    ServiceSpec usual;
    usual.pool = default_pool_limits(spec.serve);
    for (const PoolAttribute& attribute : pool_attributes()) {
        if (!attribute.follows || !attribute.is_of(spec.serve)) continue;
        ServiceSpec followed = spec;
        settle_pool(followed, [&](std::string_view name) { return name != attribute.name; });
        row_of(attribute.name).copy(followed, usual);
    }
    return usual.pool;
}

std::string settings(ServiceSpec base, const ServiceSpec& spec) {
    std::string out;
    base.pool = usual_pool(spec);
    for (const Row<ServiceSpec>& row : service_attributes())
        if (!row.equal(base, spec)) {
            const std::string value = row.format(spec);
            out += fmt::format("{} ={}{}\n", row.name, value.empty() ? "" : " ", value);
        }
    return out;
}

/// A section that defines its service by itself: nothing but the built-in defaults is under it.
std::string definition(const ServiceSpec& spec) {
    ServiceSpec base;
    base.socket_type = usual_type(spec.protocol);
    base.idle_timeout = usual_idle_timeout(spec);
    return settings(base, spec);
}

/// Whether a header with this text is read back as it is.
bool is_header(const std::string& text) {
    for (const unsigned char c : text)
        if (c < 0x20 || c == 0x7F) return false;
    return section_header("[" + text + "]") == text;
}

}  // namespace

std::string dump(const Configuration& configuration) {
    // The services of lines come first, as they do when this is read: their order stays.
    std::string lines, sections, definitions, daemon;
    unsigned unnamed = 0;
    for (const Row<DaemonSpec>& row : daemon_attributes())
        if (!row.equal(DaemonSpec{}, configuration.daemon))
            daemon += fmt::format("{} = {}\n", row.name, row.format(configuration.daemon));
    if (!daemon.empty()) sections += "\n[minetd]\n" + daemon;

    for (const auto& spec : configuration.services) {
        const std::string line = line_text(*spec);
        const std::string key = spec->key();
        const auto base = is_header(key) ? meaning(line, *spec) : std::nullopt;
        if (base) lines += line + "\n";
        const std::string rest = base ? settings(*base, *spec) : definition(*spec);
        const std::string header = is_header(key) ? key : fmt::format("service-{}", ++unnamed);
        if (!rest.empty())
            (base ? sections : definitions) += fmt::format("\n[{}]\n{}", header, rest);
    }
    return lines + sections + definitions;
}

}  // namespace minetd
