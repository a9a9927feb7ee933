; The installer. Built by `python build/dev.py package`, which defines VERSION, PROGRAM, OUTPUT, ICON, PICTURES, LICENSE,
; SIZE_KB.
;
;   setup.exe [/S] [/ALLUSERS] [/HOST=…] [/GUID=…] [/SCRIPTS=…] [/AUTOSTART=task|startup|none] [/WAIT=minutes] [/D=folder]
;   uninstall.exe [/S] [/PURGE] [/WAIT=minutes] [_?=folder]
;
; Exit codes: 0 done · 1 cancelled by the user · 2 the files could not be written · 3 a robot was still at work when the
; wait was over · 4 /ALLUSERS needs an administrator · 5 wrong parameter · 6 installed (or removed), but the settings or
; the autostart could not be set up. After 1 to 5 everything is as it was. Why, stands in %TEMP%\Robot-setup.log.
;
; The order of an installation: the parameters are judged (by the robot's own code, unpacked beside this program) → the
; new program is unpacked beside the old one → the robots hold until all can end, and end → the programs change places
; by renaming → settings and autostart → the robots are started again.
;
; https://nsis.sourceforge.io/Docs/Chapter4.html

Target amd64-unicode ; first of all: the usual 32-bit stub doesn't run where only 64-bit programs do
Unicode true
ManifestDPIAware true
ManifestSupportedOS Win10
RequestExecutionLevel user ; per user; /ALLUSERS is for an installer that was started by an administrator
SetCompressor /SOLID lzma

!include MUI2.nsh
!include LogicLib.nsh
!include FileFunc.nsh

Name "Robot"
OutFile "${OUTPUT}"
BrandingText "Robot ${VERSION}"
InstallDir "" ; set in .onInit, unless /D= says otherwise
VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName "Robot"
VIAddVersionKey FileDescription "Robot Setup"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey LegalCopyright "MIT License"

!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Robot"
!define EXIT_FILES 2
!define EXIT_AT_WORK 3
!define EXIT_NOT_ADMIN 4
!define EXIT_PARAMETER 5
!define EXIT_INCOMPLETE 6
!define STILL_AT_WORK 5 ; of `robot setup wait`

Var AllUsers    ; 1 or empty
Var Purge       ; 1 or empty
Var OldProgram  ; the folder of the program that is replaced; empty if there is none
Var Autostart   ; the tick on the last page

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_HEADERIMAGE
!define MUI_HEADERIMAGE_RIGHT
!define MUI_HEADERIMAGE_BITMAP "${PICTURES}\header-100.bmp"
!define MUI_HEADERIMAGE_UNBITMAP "${PICTURES}\header-100.bmp"
!define MUI_WELCOMEFINISHPAGE_BITMAP "${PICTURES}\wizard-100.bmp"
!define MUI_CUSTOMFUNCTION_GUIINIT PicturesOfThisScreen
!define MUI_WELCOMEPAGE_TEXT "$(Welcome)"
!define MUI_FINISHPAGE_TEXT "$(Finished)"
!define MUI_FINISHPAGE_TEXT_LARGE
!define MUI_FINISHPAGE_RUN
!define MUI_FINISHPAGE_RUN_TEXT "$(RunNow)"
!define MUI_FINISHPAGE_RUN_FUNCTION RunRobot
!define MUI_FINISHPAGE_SHOWREADME
!define MUI_FINISHPAGE_SHOWREADME_TEXT "$(OpenGuide)"
!define MUI_FINISHPAGE_SHOWREADME_FUNCTION OpenGuide
!define MUI_FINISHPAGE_NOREBOOTSUPPORT

!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_LICENSE "${LICENSE}"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!define MUI_PAGE_CUSTOMFUNCTION_SHOW AddAutostartTick
!define MUI_PAGE_CUSTOMFUNCTION_LEAVE TakeAutostartTick
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE English
!insertmacro MUI_LANGUAGE Russian
!include texts.nsh
!include shared.nsh
!include places.nsh
!include looks.nsh

; ---------------------------------------------------------------------------------------------- installation

Function .onInit
  SetRegView 64
  InitPluginsDir
  Call HandOver
  Call HasParameters
  Pop $0
  ${If} $0 == 1
    ; As much of the program as it takes to judge them. Its files are in this installer once: the same data twice.
    SetOutPath "$PLUGINSDIR\check"
    File "${PROGRAM}\robot-cli.exe"
    SetOutPath "$PLUGINSDIR\check\_internal"
    File "${PROGRAM}\_internal\*.*"
    SetOutPath "$PLUGINSDIR\check\_internal\app\locale"
    File /r "${PROGRAM}\_internal\app\locale\*.*"
    SetOutPath "$PLUGINSDIR\check\_internal\pywin32_system32"
    File "${PROGRAM}\_internal\pywin32_system32\*.*"
    SetOutPath "$PLUGINSDIR\check\_internal\win32"
    File "${PROGRAM}\_internal\win32\*.*"
    SetOutPath "$TEMP"
    Push "$PLUGINSDIR\check\robot-cli.exe"
    Push ""
    Call JudgeParameters
    RMDir /r "$PLUGINSDIR\check"
  ${EndIf}
  !insertmacro ReadFlag "" "/ALLUSERS" $AllUsers
  Call ChooseContext
  ReadRegStr $OldProgram SHCTX "${UNINSTALL_KEY}" "InstallLocation"
  ${IfNot} ${FileExists} "$OldProgram\robot-cli.exe"
    StrCpy $OldProgram ""
  ${EndIf}
  ${If} $INSTDIR == "" ; no /D=: where it is already, else the usual place
    StrCpy $INSTDIR $OldProgram
  ${EndIf}
  ${If} $INSTDIR == ""
    ${If} $AllUsers == 1
      StrCpy $INSTDIR "$PROGRAMFILES64\Robot"
    ${Else}
      StrCpy $INSTDIR "$LOCALAPPDATA\Programs\Robot"
    ${EndIf}
  ${EndIf}
FunctionEnd

Section
  AddSize ${SIZE_KB} ; the files are unpacked in a function, where NSIS doesn't count them
  ${If} $OldProgram == ""
  ${AndIf} ${FileExists} "$INSTDIR\robot-cli.exe" ; unpacked by hand, or its entry has gone
    StrCpy $OldProgram $INSTDIR
  ${EndIf}
  Call Unpack
  ${If} $OldProgram != ""
    Push "$INSTDIR\.new\robot-cli.exe"
    Push ""
    Call WaitForRobots
    Push $OldProgram
    Call IsInUse
    Pop $0
    ${If} $0 == 1
      Push ${EXIT_AT_WORK}
      Push "$(InUse)"
      Call PutBack
    ${EndIf}
  ${EndIf}
  Call ChangePlaces
  WriteUninstaller "$INSTDIR\uninstall.exe"

  CreateShortcut "$SMPROGRAMS\Robot.lnk" "$INSTDIR\robot.exe" "run"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "DisplayName" "Robot"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\robot.exe"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "Publisher" "Robot"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "EstimatedSize" ${SIZE_KB}
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "NoRepair" 1
  ${If} $AllUsers == 1
    WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "AllUsers" 1
  ${EndIf}

  Call HasParameters
  Pop $0
  ${If} $0 == 1
    ${If} $AllUsers == 1
      nsExec::Exec '"$INSTDIR\robot-cli.exe" setup settings --all-users'
    ${Else}
      nsExec::Exec '"$INSTDIR\robot-cli.exe" setup settings'
    ${EndIf}
    Pop $1
    ${If} $1 != 0
      Push "$(SettingsFailed)"
      Call Incomplete
    ${EndIf}
  ${EndIf}
  ${If} "$0$OldProgram" != "0" ; as it was told, or as it was before
    nsExec::Exec '"$INSTDIR\robot-cli.exe" setup autostart --old-program "$OldProgram"'
    Pop $1
    ${If} $1 != 0
      Push "$(AutostartFailed)"
      Call Incomplete
    ${EndIf}
  ${EndIf}
  ${If} $AllUsers == 1 ; the texts of the robots' events, which need an administrator
    nsExec::Exec '"$INSTDIR\robot-cli.exe" event-source register'
    Pop $1
  ${EndIf}
  ${If} $OldProgram != ""
  ${AndIf} $OldProgram != $INSTDIR
    Push $OldProgram
    Call RemoveProgram
  ${EndIf}
  ${If} ${Silent}
    Call StartAgain
    Pop $0
  ${EndIf}
SectionEnd

; What had to end is started as it was. 0 on the stack: something was.
Function StartAgain
  nsExec::Exec '"$INSTDIR\robot-cli.exe" setup start-again --robots "$PLUGINSDIR\robots.json" --program "$INSTDIR"'
FunctionEnd

Function RunRobot
  Call StartAgain
  Pop $0
  ${If} $0 != 0
    Call TakeBackEnvironment
    Exec '"$INSTDIR\robot.exe" run'
  ${EndIf}
FunctionEnd

; ---------------------------------------------------------------------------------------------- removal

Function un.onInit
  SetRegView 64
  InitPluginsDir
  Call un.HandOver
  Call un.HasParameters
  Pop $0
  ${If} $0 == 1
  ${AndIf} ${FileExists} "$INSTDIR\robot-cli.exe"
    Push "$INSTDIR\robot-cli.exe"
    Push "--remove"
    Call un.JudgeParameters
  ${EndIf}
  !insertmacro ReadFlag "un." "/PURGE" $Purge
  ReadRegStr $0 HKLM "${UNINSTALL_KEY}" "InstallLocation"
  ${If} $0 == $INSTDIR
    StrCpy $AllUsers 1
  ${EndIf}
  Call un.ChooseContext
FunctionEnd

Section Uninstall
  ${If} ${FileExists} "$INSTDIR\robot-cli.exe" ; nothing but the folder that holds our program is removed
    Push "$INSTDIR\robot-cli.exe"
    Push "--remove"
    Call un.WaitForRobots
    Push $INSTDIR
    Call un.IsInUse
    Pop $0
    ${If} $0 == 1
      nsExec::Exec '"$INSTDIR\robot-cli.exe" setup start-again --robots "$PLUGINSDIR\robots.json" --program "$INSTDIR"'
      Pop $0
      Push ${EXIT_AT_WORK}
      Push "$(InUse)"
      Call un.Fail
    ${EndIf}
    ; Before the program goes. It speaks of this user; the entries of others are told about in the guide.
    nsExec::Exec '"$INSTDIR\robot-cli.exe" setup autostart --remove'
    Pop $0
    ${If} $0 != 0
      Push "$(AutostartStays)"
      Call un.Incomplete
    ${EndIf}
    ${If} $AllUsers == 1
      nsExec::Exec '"$INSTDIR\robot-cli.exe" event-source remove'
      Pop $0
    ${EndIf}
    ${If} $Purge == 1
      ${If} $AllUsers == 1
        nsExec::Exec '"$INSTDIR\robot-cli.exe" setup purge --all-users'
      ${Else}
        nsExec::Exec '"$INSTDIR\robot-cli.exe" setup purge'
      ${EndIf}
      Pop $0
    ${EndIf}
    Push $INSTDIR
    Call un.RemoveProgram
  ${EndIf}
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Robot.lnk"
  DeleteRegKey SHCTX "${UNINSTALL_KEY}"
  DeleteRegKey HKCU "Software\Robot-Ended" ; who has ended as it should; it would go with the log-off
SectionEnd
