// SPDX-License-Identifier: ISC
// The program, and what surrounds it.
#include <fmt/format.h>
#include <sys/resource.h>

#include "daemon/config/attributes.h"
#include "daemon/config/credential_file.h"
#include "daemon/units/unit_rows.h"

namespace minetd {
namespace {

constexpr const char* forwarder = "/usr/lib/systemd/systemd-socket-proxyd";

void command(Translation& t) {
    const ServiceSpec& spec = t.spec;
    if (t.shape == Shape::forwarded) {
        const bool v6 = spec.redirect.host.find(':') != std::string::npos;
        std::string line = forwarder;
        if (spec.limits.instances)
            line += fmt::format(" --connections-max={}", *spec.limits.instances);
        line += ' ' + unit_argument((v6 ? "[" + spec.redirect.host + "]" : spec.redirect.host) +
                                    ":" + spec.redirect.port);
        t.in_service("ExecStart", line);
        return t.lost("redirect",
                      "older systemd-socket-proxyd(8) end a connection as soon as one side "
                      "has sent all it has");
    }
    // A session that fails is the client's affair; without `-` its unit would be "failed".
    std::string line = t.shape == Shape::resident ? "@" : "-@";
    line += unit_word(spec.server);
    if (spec.server_args.empty())
        line += ' ' + unit_argument(spec.server.substr(spec.server.rfind('/') + 1));
    for (const std::string& argument : spec.server_args) line += ' ' + unit_argument(argument);
    t.in_service("ExecStart", line);
    if (t.shape == Shape::resident) return;
    t.in_service("StandardInput", "socket");
    t.in_service("StandardOutput", "inherit");
    // As every inetd leaves it, and what a session left running when it ended.
    t.in_service("KillMode", "process");
    t.in_service("IgnoreSIGPIPE", "no");
}

void user(Translation& t) {
    const ServiceSpec& spec = t.spec;
    const bool root = spec.user == "root" || spec.user == "0";
    if (!root || !spec.group.empty()) t.in_service_plain("user", "User", "", spec.user);
    if (!spec.group.empty()) t.in_service_plain("group", "Group", "", spec.group);
    if (!spec.groups && (!root || !spec.group.empty()))
        t.lost("groups", "systemd gives the supplementary groups of User= too");
}

void environment(Translation& t) {
    for (const auto& [name, value] : t.spec.env)
        t.in_service("Environment", unit_word(name + "=" + value));
}

void passed_environment(Translation& t) {
    if (!t.spec.passenv) return;
    std::string names;
    for (const std::string& name : *t.spec.passenv)
        names += (names.empty() ? "" : " ") + unit_word(name);
    if (!names.empty()) t.in_service("PassEnvironment", names);
}

void directory(Translation& t) {
    if (t.spec.chdir != "/") t.in_service_plain("chdir", "WorkingDirectory", "", t.spec.chdir);
}

void file_mode_mask(Translation& t) {
    if (t.spec.umask) t.in_service("UMask", fmt::format("{:04o}", *t.spec.umask));
}

void nice(Translation& t) {
    if (t.spec.nice != 0) t.in_service("Nice", std::to_string(t.spec.nice));
}

template <int Resource>
void limit(Translation& t, std::string_view key) {
    for (const ResourceLimit& limit : t.spec.rlimits)
        if (limit.resource == Resource)
            t.in_service(key,
                         limit.value == RLIM_INFINITY ? "infinity" : std::to_string(limit.value));
}

void error_output(Translation& t) {
    switch (t.spec.error_output()) {
        case StderrTarget::Kind::socket:
            return t.in_service("StandardError", "inherit");
        case StderrTarget::Kind::log:
            return t.in_service("StandardError", "journal");
        case StderrTarget::Kind::null:
            return t.in_service("StandardError", "null");
        case StderrTarget::Kind::file:
            return t.in_service_plain("stderr", "StandardError",
                                      "append:", t.spec.standard_error.path);
    }
}

void credentials(Translation& t) {
    for (const std::string& word : t.spec.credentials) {
        const CredentialSource source = credential_source(word);
        const auto value = unit_value(source.file.empty() ? word : source.name + ":" + source.file);
        if (value)
            t.in_service("LoadCredential", *value);
        else
            t.lost("credentials", "the name cannot be written in a unit");
        if (source.file.empty())
            t.lost("credentials", source.name + " was one of minetd.service: name its file here");
    }
}

/// Of all its processes together: a template's instances share a slice.
void together(Translation& t, std::string_view key, const std::string& value) {
    if (t.shape == Shape::per_connection)
        t.slice.set("Slice", key, value);
    else
        t.in_service(key, value);
}

template <class Value>
void together(Translation& t, std::string_view key, const std::optional<Value>& value,
              std::string_view unit = "") {
    if (value) together(t, key, fmt::format("{}{}", *value, unit));
}

void memory_max(Translation& t) {
    together(t, "MemoryMax", t.spec.cgroup.memory_max);
}
void memory_high(Translation& t) {
    together(t, "MemoryHigh", t.spec.cgroup.memory_high);
}
void tasks_max(Translation& t) {
    together(t, "TasksMax", t.spec.cgroup.tasks_max);
}
void cpu_weight(Translation& t) {
    together(t, "CPUWeight", t.spec.cgroup.cpu_weight);
}
void cpu_quota(Translation& t) {
    together(t, "CPUQuota", t.spec.cgroup.cpu_quota, "%");
}

constexpr std::string_view own_records =
    "the journal has systemd's own lines on each session, and nothing else records them";

constexpr UnitRow rows[] = {
    {"server", command},
    {"builtin", nullptr},      // run under minetd
    {"argv0", nullptr},        // with server
    {"server_args", nullptr},  // with server
    {"redirect", nullptr},     // with server
    {"redirect_source", nullptr, "systemd-socket-proxyd(8) does not choose its address"},
    {"redirect_timeout", nullptr, "systemd-socket-proxyd(8) tries as long as the kernel"},
    {"proxy_protocol", nullptr, "systemd-socket-proxyd(8) does not tell who the client is"},
    {"user", user},
    {"group", nullptr},   // with user
    {"groups", nullptr},  // with user
    {"login_class", nullptr, "Linux has none"},
    {"env", environment},
    {"passenv", passed_environment},
    {"chdir", directory},
    {"umask", file_mode_mask},
    {"nice", nice},
    {"session", nullptr},  // always
    {"rlimit_cpu", [](Translation& t) { limit<RLIMIT_CPU>(t, "LimitCPU"); }},
    {"rlimit_fsize", [](Translation& t) { limit<RLIMIT_FSIZE>(t, "LimitFSIZE"); }},
    {"rlimit_data", [](Translation& t) { limit<RLIMIT_DATA>(t, "LimitDATA"); }},
    {"rlimit_stack", [](Translation& t) { limit<RLIMIT_STACK>(t, "LimitSTACK"); }},
    {"rlimit_core", [](Translation& t) { limit<RLIMIT_CORE>(t, "LimitCORE"); }},
    {"rlimit_rss", [](Translation& t) { limit<RLIMIT_RSS>(t, "LimitRSS"); }},
    {"rlimit_nproc", [](Translation& t) { limit<RLIMIT_NPROC>(t, "LimitNPROC"); }},
    {"rlimit_nofile", [](Translation& t) { limit<RLIMIT_NOFILE>(t, "LimitNOFILE"); }},
    {"rlimit_memlock", [](Translation& t) { limit<RLIMIT_MEMLOCK>(t, "LimitMEMLOCK"); }},
    {"rlimit_as", [](Translation& t) { limit<RLIMIT_AS>(t, "LimitAS"); }},
    {"stderr", error_output},
    {"credentials", credentials},
    {"memory_max", memory_max},
    {"memory_high", memory_high},
    {"tasks_max", tasks_max},
    {"cpu_weight", cpu_weight},
    {"cpu_quota", cpu_quota},
    {"idle_timeout", nullptr},  // of builtins, as all that follow
    {"first_byte_timeout", nullptr},
    {"request_timeout", nullptr},
    {"write_timeout", nullptr},
    {"keep_alive_timeout", nullptr},
    {"linger_timeout", nullptr},
    {"udp_guard", nullptr},
    {"log_type", nullptr, own_records},
    {"log_format", nullptr, own_records},
    {"log_on_success", nullptr, own_records},
    {"log_on_failure", nullptr, own_records},
};

}  // namespace

std::span<const UnitRow> program_unit_rows() noexcept {
    return rows;
}

}  // namespace minetd
