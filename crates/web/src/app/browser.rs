//! The few things of the browser that screens need, in plain terms. What a browser lacks, does nothing.

use js_sys::{Array, Date, Object, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::prelude::{Closure, JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CustomEvent, CustomEventInit, Element, HtmlElement, HtmlTextAreaElement};

use crate::text::{Language, current};

/// Where the app is drawn.
pub(super) fn mount_point() -> HtmlElement {
    let place = document().get_element_by_id("app").expect("index.html has a place for the app");
    place.set_inner_html("");
    place.unchecked_into()
}

/// The address this app comes from, without a slash at the end: the relay, unless it is hosted apart.
pub(super) fn base() -> String {
    let location = window().location();
    let origin = location.origin().unwrap_or_default();
    let path = location.pathname().unwrap_or_default();
    let path = path.trim_end_matches("index.html").trim_end_matches('/');
    format!("{origin}{path}")
}

/// The part of the address from the `#` on.
pub(super) fn hash() -> String {
    window().location().hash().unwrap_or_default()
}

/// Goes to another part of the app.
pub(super) fn set_hash(hash: &str) {
    let _ = window().location().set_hash(hash);
}

/// Goes there without a way back to here.
pub(super) fn replace_hash(hash: &str) {
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(hash));
    }
}

/// Loads the page anew.
pub(super) fn reload() {
    let _ = window().location().reload();
}

/// A setting kept by the browser in the clear.
pub(super) fn stored(key: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(key).ok().flatten()
}

/// Keeps a setting, or forgets it.
pub(super) fn store(key: &str, value: Option<&str>) {
    let Some(storage) = window().local_storage().ok().flatten() else { return };
    let _ = match value {
        Some(value) => storage.set_item(key, value),
        None => storage.remove_item(key),
    };
}

/// The languages the user reads, best first.
pub(super) fn languages() -> Vec<String> {
    window().navigator().languages().iter().filter_map(|tag| tag.as_string()).collect()
}

/// Tells the page its language and direction.
pub(super) fn set_language(language: Language) {
    let Some(root) = document().document_element() else { return };
    let _ = root.set_attribute("lang", language.code());
    let _ = root.set_attribute("dir", language.direction());
}

/// Light, dark, or as the system says.
pub(super) fn set_appearance(appearance: Option<&str>) {
    let Some(root) = document().document_element() else { return };
    let _ = match appearance {
        Some(appearance) => root.set_attribute("data-appearance", appearance),
        None => root.remove_attribute("data-appearance"),
    };
}

/// The hash of the bundle this page belongs to.
pub(super) fn bundle_hash() -> String {
    let meta = document().query_selector("meta[name=concerted-bundle]").ok().flatten();
    meta.and_then(|meta| meta.get_attribute("content")).unwrap_or_default()
}

/// Puts a text on the clipboard; whether it could.
pub(super) async fn copy(text: &str) -> bool {
    let clipboard = JsValue::from(window().navigator().clipboard());
    if clipboard.is_undefined() {
        return false;
    }
    JsFuture::from(window().navigator().clipboard().write_text(text)).await.is_ok()
}

/// Whether the system has a sheet for sharing.
pub(super) fn can_share() -> bool {
    Reflect::has(&window().navigator(), &"share".into()).unwrap_or(false)
}

/// Opens the system's sheet for sharing.
pub(super) fn share(text: &str, link: &str) {
    let data = web_sys::ShareData::new();
    data.set_text(text);
    data.set_url(link);
    // Cancelled or not, there is nothing to do.
    let shared = window().navigator().share_with_data(&data);
    wasm_bindgen_futures::spawn_local(async move {
        let _ = JsFuture::from(shared).await;
    });
}

/// Asks the browser to keep what is stored even when space is short.
pub(super) fn ask_to_persist() {
    let storage = JsValue::from(window().navigator().storage());
    if !storage.is_undefined() {
        let _ = window().navigator().storage().persist();
    }
}

/// A number from 0 to 1, for choices that need not be secret.
pub(super) fn random() -> f64 {
    js_sys::Math::random()
}

/// Moves the focus to what a selector finds, and scrolls there.
pub(super) fn focus(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Scrolls as far as is needed to see an element.
pub(super) fn show(element: &Element) {
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// Calls back after the page has been drawn.
pub(super) fn after_drawing(call: impl FnOnce() + 'static) {
    leptos::prelude::request_animation_frame(call);
}

/// Calls back after some milliseconds.
pub(super) fn later(delay_ms: u64, call: impl FnOnce() + 'static) {
    leptos::prelude::set_timeout(call, std::time::Duration::from_millis(delay_ms));
}

/// Whether an element is scrolled to its end, or nearly so.
pub(super) fn is_at_end(element: &Element) -> bool {
    element.scroll_height() - element.scroll_top() - element.client_height() < 120
}

/// Scrolls an element to its end.
pub(super) fn scroll_to_end(element: &Element) {
    element.set_scroll_top(element.scroll_height());
}

/// Makes a text area as high as its text, up to what the stylesheet allows.
pub(super) fn fit_height(area: &HtmlTextAreaElement) {
    let style = HtmlElement::style(area);
    let _ = style.set_property("height", "auto");
    let _ = style.set_property("height", &format!("{}px", area.scroll_height()));
}

/// Whether the main way to point is as fine as a mouse; a keyboard is then likely.
pub(super) fn has_fine_pointer() -> bool {
    window().match_media("(pointer: fine)").ok().flatten().is_some_and(|query| query.matches())
}

/// Listens to the script that looks after the app's files; see `static/boot.js`.
pub(super) fn on_custom(name: &str, mut hear: impl FnMut(String) + 'static) {
    let hear = Closure::<dyn FnMut(CustomEvent)>::new(move |event: CustomEvent| {
        hear(event.detail().as_string().unwrap_or_default());
    });
    let _ = window().add_event_listener_with_callback(name, hear.as_ref().unchecked_ref());
    hear.forget();
}

/// Tells that script something.
pub(super) fn tell(name: &str, detail: &str) {
    let init = CustomEventInit::new();
    init.set_detail(&detail.into());
    if let Ok(event) = CustomEvent::new_with_event_init_dict(name, &init) {
        let _ = window().dispatch_event(&event);
    }
}

/// The number of the day, in the phone's time zone.
pub(super) fn day_of(time_ms: u64) -> i64 {
    let offset_ms = Date::new(&JsValue::from(time_ms as f64)).get_timezone_offset() * 60_000.0;
    ((time_ms as f64 - offset_ms) / 86_400_000.0).floor() as i64
}

/// Today's number.
pub(super) fn today() -> i64 {
    day_of(Date::now() as u64)
}

/// Hour and minute.
pub(super) fn clock(time_ms: u64) -> String {
    format(time_ms, &[("hour", "2-digit"), ("minute", "2-digit")])
}

/// Day and month, with the weekday.
pub(super) fn day(time_ms: u64) -> String {
    format(time_ms, &[("weekday", "long"), ("day", "numeric"), ("month", "long")])
}

/// Day and month, hour and minute.
pub(super) fn moment(time_ms: u64) -> String {
    format(
        time_ms,
        &[
            ("weekday", "short"),
            ("day", "numeric"),
            ("month", "short"),
            ("hour", "2-digit"),
            ("minute", "2-digit"),
        ],
    )
}

fn format(time_ms: u64, wishes: &[(&str, &str)]) -> String {
    let options = Object::new();
    for (name, value) in wishes {
        let _ = Reflect::set(&options, &(*name).into(), &(*value).into());
    }
    // As usual where the user lives, but with the digits that the rest of the app uses.
    let language = current(|catalogue| catalogue.language());
    let mut tags = languages().into_iter();
    let tag = tags.find(|tag| Language::of_tags([tag.as_str()]) == Some(language) && !tag.contains("-u-"));
    let tag = format!("{}-u-nu-latn", tag.as_deref().unwrap_or(language.code()));
    let date = Date::new(&JsValue::from(time_ms as f64));
    let formatted = js_sys::Intl::DateTimeFormat::new(&Array::of1(&tag.into()), &options);
    let format = formatted.format();
    format.call1(&JsValue::UNDEFINED, &date).ok().and_then(|text| text.as_string()).unwrap_or_default()
}
