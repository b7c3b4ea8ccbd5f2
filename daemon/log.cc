// SPDX-License-Identifier: ISC
#include "daemon/log.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <ctime>
#include <vector>

namespace minetd {
namespace {

/// The words of a kind of record in text and in JSON; in the order of Record::Kind.
struct KindWords {
    const char *text, *event;
    const char* reason;      ///< what `reason` is called in JSON; null: it has none
    const char* message_id;  ///< in the journal; minetd(8) lists them
};
constexpr KindWords kind_words[] = {
    {"START", "start", nullptr, "a648bb2355454046bfcdee94b4874ee1"},
    {"EXIT", "exit", nullptr, "854d58424cc844c0bf0f392a36f5b26a"},
    {"FAIL", "fail", "reason", "3975a7bdc5074fc6b3975038a5052bd7"},
    {"USERID", "userid", "user", "d5186d3ebb604dd59efd8290cae95d12"},
    {"NOID", "noid", "reason", "6721322c8965414fa7a8f7dc46f84c27"},
    {"TRAFFIC", "traffic", nullptr, "75352cf20dad4b12b26904c3337d760e"},
};

const KindWords& words(Record::Kind kind) {
    return kind_words[static_cast<std::size_t>(kind)];
}

bool is_ident(Record::Kind kind) {
    return kind == Record::Kind::userid || kind == Record::Kind::noid;
}

/// The facts of a record that its service wants told, once for every format.
struct Facts {
    bool pid, host, status, duration, usage, traffic;
};

Facts facts(const ServiceSpec& spec, const Record& record) {
    const bool failed = record.kind == Record::Kind::fail,
               exited = record.kind == Record::Kind::exit;
    const bool named = record.peer.length > 0 && !record.peer.host().empty();
    // Who was not identified is named by his address, whatever else is recorded.
    if (is_ident(record.kind)) return {.host = named};
    if (record.kind == Record::Kind::traffic) return {.traffic = true};
    const unsigned on = failed ? spec.log_on_failure : spec.log_on_success;
    return {.pid = record.pid != 0 && (on & log_pid) != 0,
            .host = named && !exited && (on & log_host) != 0,
            .status = exited && (on & log_exit) != 0,
            .duration = exited && (on & log_duration) != 0,
            .usage = exited && record.has_usage && (on & log_usage) != 0};
}

std::string json_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += {'\\', c};
        else if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            out += c;
    }
    return out + '"';
}

std::string format_text(const ServiceSpec& spec, const Record& record) {
    const Facts tell = facts(spec, record);
    std::string line = fmt::format("{}: {}", words(record.kind).text, spec.id);
    if (record.kind == Record::Kind::userid) return line + ' ' + printable(record.reason);
    if (record.kind == Record::Kind::noid)
        return line + ' ' + printable(record.peer.host()) + ' ' + printable(record.reason);
    if (record.kind == Record::Kind::fail) line += ' ' + printable(record.reason);
    if (tell.status && WIFSIGNALED(record.status))
        line += fmt::format(" signal={}", WTERMSIG(record.status));
    else if (tell.status)
        line += fmt::format(" status={}", WEXITSTATUS(record.status));
    if (tell.pid) line += fmt::format(" pid={}", record.pid);
    if (tell.host) line += " from=" + printable(record.peer.host());
    if (tell.duration) line += fmt::format(" duration={}(sec)", record.duration_us / 1'000'000);
    if (tell.usage)
        line += fmt::format(" cpu={:.3f}(sec) maxrss={}(kB)",
                            static_cast<double>(record.cpu_us) / 1e6, record.max_rss_kb);
    if (tell.traffic)
        line += fmt::format(" in={}(bytes) out={}(bytes)", record.traffic.received,
                            record.traffic.sent);
    if (record.repeated > 0) line += fmt::format(" repeated={}", record.repeated);
    return line;
}

tm local_time(time_t now) {
    tm local{};
    ::localtime_r(&now, &local);
    return local;
}

/// xinetd's stamp in a log file: two digits of the year, no zeros in month and day.
std::string file_stamp() {
    const tm now = local_time(::time(nullptr));
    return fmt::format("{:02}/{}/{}@{:02}:{:02}:{:02}: ", now.tm_year % 100, now.tm_mon + 1,
                       now.tm_mday, now.tm_hour, now.tm_min, now.tm_sec);
}

std::string json_time() {
    timespec clock{};
    ::clock_gettime(CLOCK_REALTIME, &clock);
    const tm now = local_time(clock.tv_sec);
    char date[32], zone[8];
    std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &now);
    std::strftime(zone, sizeof zone, "%z", &now);
    return fmt::format("{}.{:06}{}", date, clock.tv_nsec / 1000, zone);
}

std::string format_json(const ServiceSpec& spec, const Record& record) {
    const Facts tell = facts(spec, record);
    const KindWords& said = words(record.kind);
    std::string line =
        fmt::format("{{\"event\":\"{}\",\"service\":{}", said.event, json_string(spec.id));
    if (said.reason != nullptr)
        line += fmt::format(",\"{}\":{}", said.reason, json_string(record.reason));
    if (tell.status && WIFSIGNALED(record.status))
        line += fmt::format(",\"signal\":{}", WTERMSIG(record.status));
    else if (tell.status)
        line += fmt::format(",\"status\":{}", WEXITSTATUS(record.status));
    if (tell.pid) line += fmt::format(",\"pid\":{}", record.pid);
    if (tell.host) {
        line += ",\"from\":" + json_string(record.peer.host());
        if (record.peer.is_ip()) line += fmt::format(",\"port\":{}", record.peer.port());
    }
    if (tell.duration)
        line += fmt::format(",\"duration\":{:.6f}", static_cast<double>(record.duration_us) / 1e6);
    if (tell.usage)
        line += fmt::format(",\"cpu\":{:.6f},\"maxrss_kb\":{}",
                            static_cast<double>(record.cpu_us) / 1e6, record.max_rss_kb);
    if (tell.traffic)
        line += fmt::format(",\"in\":{},\"out\":{}", record.traffic.received, record.traffic.sent);
    if (record.repeated > 0) line += fmt::format(",\"repeated\":{}", record.repeated);
    return line + '}';
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
            out += c;
    }
    return out;
}

std::vector<JournalField> journal_fields(const ServiceSpec& spec, const Record& record) {
    const Facts tell = facts(spec, record);
    const KindWords& said = words(record.kind);
    std::vector<JournalField> fields{
        {"MESSAGE_ID", said.message_id}, {"MINETD_SERVICE", spec.id}, {"MINETD_EVENT", said.event}};
    const bool of_end = record.kind == Record::Kind::exit || record.kind == Record::Kind::traffic;
    if (tell.host || (of_end && record.peer.length > 0 && (spec.log_on_success & log_host) != 0)) {
        fields.emplace_back("REMOTE_ADDR", record.peer.host());
        if (record.peer.is_ip())
            fields.emplace_back("REMOTE_PORT", std::to_string(record.peer.port()));
    }
    if (tell.pid) fields.emplace_back("MINETD_PID", std::to_string(record.pid));
    if (record.kind == Record::Kind::userid)
        fields.emplace_back("REMOTE_USER", record.reason);
    else if (said.reason != nullptr)
        fields.emplace_back("MINETD_REASON", record.reason);
    if (record.repeated > 0)
        fields.emplace_back("MINETD_REPEATED", std::to_string(record.repeated));
    if (tell.traffic) {
        fields.emplace_back("BYTES_RECEIVED", std::to_string(record.traffic.received));
        fields.emplace_back("BYTES_SENT", std::to_string(record.traffic.sent));
    }
    if (tell.status && WIFSIGNALED(record.status))
        fields.emplace_back("EXIT_SIGNAL", std::to_string(WTERMSIG(record.status)));
    else if (tell.status)
        fields.emplace_back("EXIT_STATUS", std::to_string(WEXITSTATUS(record.status)));
    if (tell.duration) fields.emplace_back("DURATION_USEC", std::to_string(record.duration_us));
    if (tell.usage) {
        fields.emplace_back("CPU_USEC", std::to_string(record.cpu_us));
        fields.emplace_back("MAXRSS_KB", std::to_string(record.max_rss_kb));
    }
    return fields;
}

std::string format_record(const ServiceSpec& spec, const Record& record, bool to_file) {
    if (spec.log_format == LogFormat::json)
        return "{\"time\":\"" + json_time() + "\"," + format_json(spec, record).substr(1);
    return (to_file ? file_stamp() : "") + format_text(spec, record);
}

Log::Log(const LogTarget& target) : default_(target) {
    sink(target);
    limit_files({});
}

std::shared_ptr<LogSink> Log::open(const LogTarget& target) {
    switch (target.kind) {
        case LogTarget::Kind::inherit:
        case LogTarget::Kind::err:
            return stderr_sink();
        case LogTarget::Kind::syslog:
            return syslog_sink(target.facility, target.level);
        case LogTarget::Kind::file:
            return file_sink(target.path, [this, file = target.path](const std::string& text) {
                alert(file, text);
            });
        case LogTarget::Kind::journal:
            return journal_sink();
        case LogTarget::Kind::none:
            return null_sink();
    }
    return null_sink();
}

void Log::alert(const std::string& file, const std::string& text) noexcept {
    message(Level::alert, text);
    // The daemon's own log may be the one that takes nothing more.
    if (default_.kind == LogTarget::Kind::file && default_.path == file)
        syslog_sink("daemon", "alert")->write(Level::alert, text);
}

Log::Key Log::key_of(const LogTarget& target) {
    return {static_cast<int>(target.kind), target.facility, target.level, target.path};
}

void Log::limit_files(const std::vector<std::shared_ptr<const ServiceSpec>>& services) {
    std::map<Key, SizeLimits> limits;
    const auto add = [&](const LogTarget& target) {
        if (target.kind != LogTarget::Kind::file) return;
        const auto smaller = [](std::uint64_t a, std::uint64_t b) {
            return a == 0 || b == 0 ? a + b : std::min(a, b);
        };
        SizeLimits& now = limits[key_of(target)];
        now = {.soft = smaller(now.soft, target.soft), .hard = smaller(now.hard, target.hard)};
    };
    add(default_);
    for (const auto& spec : services) add(spec->log_type);
    for (const auto& [key, sink] : sinks_) sink->limit(limits[key]);
}

const LogTarget& Log::target_of(const ServiceSpec& spec) const noexcept {
    return spec.log_type.kind == LogTarget::Kind::inherit ? default_ : spec.log_type;
}

LogSink& Log::sink(const LogTarget& asked) {
    const LogTarget& target = asked.kind == LogTarget::Kind::inherit ? default_ : asked;
    const Key key = key_of(target);
    std::shared_ptr<LogSink>& found = sinks_[key];
    if (!found) {
        try {
            found = open(target);
        } catch (...) {
            sinks_.erase(key);
            throw;
        }
    }
    return *found;
}

void Log::message(Level level, const std::string& text) noexcept {
    static constexpr const char* prefixes[] = {
        "", "alert: ", "", "error: ", "warning: ", "", "", ""};
    const std::string stamp = default_.kind == LogTarget::Kind::file ? file_stamp() : "";
    // Part of it may come from a server process, which is not trusted to end a line.
    sink(default_).write(level, stamp + prefixes[static_cast<int>(level)] + printable(text));
}

void Log::findings(const Diagnostics& diagnostics) noexcept {
    for (const Diagnostic& item : diagnostics.all())
        message(item.severity == Severity::error ? Level::error : Level::warning, summary(item));
}

void Log::record(const ServiceSpec& spec, const Record& record) noexcept {
    try {
        sink(spec.log_type)
            .write(Level::info,
                   format_record(spec, record, target_of(spec).kind == LogTarget::Kind::file),
                   journal_fields(spec, record));
    } catch (const std::exception& error) {
        message(Level::error,
                fmt::format("{}: cannot write its records: {}", spec.id, error.what()));
    }
}

void Log::program_line(const ServiceSpec& spec, const std::string& line) noexcept {
    try {
        // The journal shows who said it by the identifier, the others in the line.
        const JournalField fields[] = {{"MINETD_SERVICE", spec.id}, {"SYSLOG_IDENTIFIER", spec.id}};
        const LogTarget::Kind kind = target_of(spec).kind;
        std::string text = printable(line);
        if (kind != LogTarget::Kind::journal) text = fmt::format("{}: {}", spec.id, text);
        if (kind == LogTarget::Kind::file) text = file_stamp() + text;
        sink(spec.log_type).write(Level::notice, text, fields);
    } catch (const std::exception& error) {
        message(Level::error,
                fmt::format("{}: cannot write its records: {}", spec.id, error.what()));
    }
}

void Log::reopen() noexcept {
    for (const auto& [key, sink] : sinks_) sink->reopen();
}

}  // namespace minetd
